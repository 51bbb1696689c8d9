import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  MAX_OPEN_STREAMS_PER_SESSION,
  MAX_REQUEST,
  MAX_STREAMS_PER_SESSION,
  PATHS_SETTLE_MS,
  RATE_WINDOW_MS,
  REQUEST_STALLS_MS,
} from '../../lib/services/constants.js';
import { type BiStream, type Connection, call, type Endpoint } from '../../lib/transport/index.js';
import { type ApiSecret, decodeUnitResult } from '../../lib/wire/index.js';
import type { Platform } from '../../platform/index.js';
import { until } from '../support/fake-time.js';
import { ask, newId, openSession, Stage } from './stage.js';

const stage = new Stage();
/** Requests that are begun and never end. Held: a stream that is collected ends. */
const begun: BiStream[] = [];
afterEach(async () => {
  await stage.close();
  begun.length = 0;
});

const ping = () => ({ type: 'ping', id: newId() }) as const;
/** Sessions of one endpoint. */
const PER_ENDPOINT = 4;
/** An answer that waits for an attack to time out takes ten seconds and more. */
const SOON_MS = 5_000;

async function neighbour(platform: Platform): Promise<Connection> {
  return openSession(await stage.endpoint(), platform, await platform.createApiSecret('neighbour'));
}

async function expectSoon(work: () => Promise<unknown>): Promise<void> {
  const startedAt = performance.now();
  await work();
  expect(performance.now() - startedAt).toBeLessThan(SOON_MS);
}

/**
 * Sessions that have come to rest: where iroh keeps one of an endpoint's over IPv4 and another over IPv6, the platform has
 * the app dial again.
 */
async function sessionsOf(
  platform: Platform,
  secret: ApiSecret,
  endpoints: number,
  each: number,
): Promise<Connection[]> {
  const places: { endpoint: Endpoint; session: Connection }[] = [];
  for (let count = 0; count < endpoints; count += 1) {
    const endpoint = await stage.endpoint();
    for (let index = 0; index < each; index += 1)
      places.push({ endpoint, session: await openSession(endpoint, platform, secret) });
  }
  for (let isAtRest = each === 1; !isAtRest; ) {
    await sleep(PATHS_SETTLE_MS + 500);
    const gone = places.filter(({ session }) => session.closeReason !== null);
    for (const place of gone) place.session = await openSession(place.endpoint, platform, secret);
    isAtRest = gone.length === 0;
  }
  return places.map(({ session }) => session);
}

/**
 * One of them gave way, and no other. Which one hangs on whose packets the platform read first. It hears why, but on a
 * busy machine the packet that closes can be lost: then a stateless reset says only that it is over.
 */
async function expectOneGone(
  sessions: readonly Connection[],
  { code, why }: { code: number; why: string },
): Promise<Connection | undefined> {
  const how = await Promise.race(sessions.map((session) => session.closed()));
  expect(how).toMatchObject(how.by === 'other' ? { code: null } : { by: 'peer', code });
  expect(stage.events.filter(({ type }) => type === 'session-refused')).toMatchObject([{ why }]);
  const gone = sessions.filter(({ closeReason }) => closeReason !== null);
  expect(gone).toHaveLength(1);
  return gone[0];
}

/** Sends three bytes of a ping's 18, on each of so many streams. */
async function beginEach(connection: Connection, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const stream = await connection.openStream();
    await stream.write(Uint8Array.of(17, 2, 0));
    begun.push(stream);
  }
}

describe('an API secret whose apps misbehave', { timeout: 60_000 }, () => {
  it('cannot hold up the requests of another by half-sent ones', async () => {
    const platform = await stage.platform();
    const secret = await platform.createApiSecret();
    for (const session of await sessionsOf(platform, secret, 4, PER_ENDPOINT))
      await beginEach(session, MAX_STREAMS_PER_SESSION);
    await expectSoon(async () => ask(await neighbour(platform), ping()));
  });

  it('cannot keep another out by idle sessions: the one that was silent the longest gives way', {
    tags: ['slow'],
  }, async () => {
    const limits = { sessions: 64, sessionsPerEndpoint: PER_ENDPOINT };
    const platform = await stage.platform({ limits });
    const secret = await platform.createApiSecret();
    const endpoints = limits.sessions / PER_ENDPOINT;
    const sessions = await sessionsOf(platform, secret, endpoints, PER_ENDPOINT);
    // No longer the one that was silent the longest.
    await ask(sessions[0] as Connection, ping());
    await expectSoon(async () => ask(await neighbour(platform), ping()));
    const why = 'its API secret has the most sessions, and there are no more places';
    expect(await expectOneGone(sessions, { code: 503, why })).not.toBe(sessions[0]);
    // Its own next one would only displace another of its own, for ever.
    await expect(openSession(await stage.endpoint(), platform, secret)).rejects.toMatchObject({
      closeReason: { code: 503 },
    });
  });

  it('cannot park more than a bounded number of requests: the one with the most gives way', async () => {
    const openRequests = 8 * MAX_OPEN_STREAMS_PER_SESSION;
    const platform = await stage.platform({ limits: { openRequests } });
    const connection = await neighbour(platform);
    const count = openRequests / MAX_OPEN_STREAMS_PER_SESSION;
    const sessions = await sessionsOf(platform, await platform.createApiSecret(), count, 1);
    for (const session of sessions) await beginEach(session, MAX_OPEN_STREAMS_PER_SESSION);
    // The platform may read a request of the neighbour before the last of those that were begun.
    await until(async () => {
      await expectSoon(() => ask(connection, ping()));
      return sessions.some(({ closeReason }) => closeReason !== null);
    }, REQUEST_STALLS_MS + SOON_MS);
    await expectOneGone(sessions, { code: 400, why: 'too many requests of its API secret at once' });
  });

  it('does not get new limits by connecting anew', async () => {
    const clock = { at: Date.now(), now: () => clock.at };
    const requestsPerEndpoint = 40;
    const platform = await stage.platform({ clock, limits: { requestsPerEndpoint } });
    const [endpoint, secret] = [await stage.endpoint(), await platform.createApiSecret()];
    const first = await openSession(endpoint, platform, secret);
    // With its `Auth` it has had all of its turns then.
    for (let count = 1; count < requestsPerEndpoint; count += 1) await ask(first, ping());
    first.close(0);
    const startedAt = performance.now();
    const second = await openSession(endpoint, platform, secret);
    const turns = 6;
    await Promise.all(Array.from({ length: turns - 1 }, () => ask(second, ping())));
    expect(performance.now() - startedAt).toBeGreaterThan(
      (turns - 1) * (RATE_WINDOW_MS / requestsPerEndpoint),
    );
  });

  it('is told that a report is too large before it is decoded, or even read', async () => {
    const platform = await stage.platform();
    const endpoint = await stage.endpoint();
    const connection = await openSession(endpoint, platform, await platform.createApiSecret());
    // No report: whoever tries to decode it says so.
    const body = new Uint8Array(MAX_REQUEST).fill(0xff);
    body[0] = 3;
    expect(decodeUnitResult(await call(connection, body))).toMatchObject({
      ok: false,
      error: { kind: 'auth-error', message: expect.stringContaining('at most 65536 bytes') },
    });
    expect(connection.closeReason).toBeNull();
  });
});
