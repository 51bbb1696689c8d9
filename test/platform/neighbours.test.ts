import { afterEach, describe, expect, it } from 'vitest';
import {
  MAX_OPEN_STREAMS,
  MAX_OPEN_STREAMS_PER_SESSION,
  MAX_REQUEST,
  MAX_SESSIONS,
  MAX_SESSIONS_PER_ENDPOINT,
  MAX_STREAMS_PER_SESSION,
  RATE_LIMIT,
  RATE_WINDOW_MS,
} from '../../lib/services/constants.js';
import { type BiStream, type Connection, call } from '../../lib/transport/index.js';
import { type ApiSecret, decodeUnitResult } from '../../lib/wire/index.js';
import type { Platform } from '../../platform/index.js';
import { ask, newId, openSession, Stage } from './stage.js';

const stage = new Stage();
/** Requests that are begun and never end. Held: a stream that is collected ends. */
const begun: BiStream[] = [];
afterEach(async () => {
  await stage.close();
  begun.length = 0;
});

const ping = () => ({ type: 'ping', id: newId() }) as const;
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

async function sessionsOf(
  platform: Platform,
  secret: ApiSecret,
  endpoints: number,
  each: number,
): Promise<Connection[]> {
  const sessions: Connection[] = [];
  for (let count = 0; count < endpoints; count += 1) {
    const endpoint = await stage.endpoint();
    for (let index = 0; index < each; index += 1)
      sessions.push(await openSession(endpoint, platform, secret));
  }
  return sessions;
}

/** How the first of them ended. Which one it is hangs on whose packets the platform read first. */
function firstToGo(sessions: readonly Connection[]): Promise<unknown> {
  return Promise.race(sessions.map((session) => session.closed()));
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
    for (const session of await sessionsOf(platform, secret, 4, MAX_SESSIONS_PER_ENDPOINT))
      await beginEach(session, MAX_STREAMS_PER_SESSION);
    await expectSoon(async () => ask(await neighbour(platform), ping()));
  });

  it('cannot keep another out by idle sessions: the one that was silent the longest gives way', {
    tags: ['slow'],
  }, async () => {
    const platform = await stage.platform();
    const secret = await platform.createApiSecret();
    const endpoints = MAX_SESSIONS / MAX_SESSIONS_PER_ENDPOINT;
    const sessions = await sessionsOf(platform, secret, endpoints, MAX_SESSIONS_PER_ENDPOINT);
    // No longer the one that was silent the longest.
    await ask(sessions[0] as Connection, ping());
    await expectSoon(async () => ask(await neighbour(platform), ping()));
    expect(await firstToGo(sessions)).toMatchObject({ by: 'peer', code: 503 });
    const gone = sessions.filter(({ closeReason }) => closeReason !== null);
    expect(gone).toHaveLength(1);
    expect(gone).not.toContain(sessions[0]);
    // Its own next one would only displace another of its own, for ever.
    await expect(openSession(await stage.endpoint(), platform, secret)).rejects.toMatchObject({
      closeReason: { code: 503 },
    });
  });

  it('cannot park more than a bounded number of requests: the one with the most gives way', async () => {
    const platform = await stage.platform();
    const connection = await neighbour(platform);
    const count = MAX_OPEN_STREAMS / MAX_OPEN_STREAMS_PER_SESSION;
    const sessions = await sessionsOf(platform, await platform.createApiSecret(), count, 1);
    for (const session of sessions) await beginEach(session, MAX_OPEN_STREAMS_PER_SESSION);
    await expectSoon(() => ask(connection, ping()));
    await expectSoon(async () => expect(await firstToGo(sessions)).toMatchObject({ code: 400 }));
    expect(sessions.filter(({ closeReason }) => closeReason !== null)).toHaveLength(1);
  });

  it('does not get new limits by connecting anew', async () => {
    const clock = { at: Date.now(), now: () => clock.at };
    const platform = await stage.platform({ clock });
    const [endpoint, secret] = [await stage.endpoint(), await platform.createApiSecret()];
    const first = await openSession(endpoint, platform, secret);
    // With its `Auth` it has had all of its turns then.
    for (let count = 1; count < RATE_LIMIT; count += 1) await ask(first, ping());
    first.close(0);
    const startedAt = performance.now();
    const second = await openSession(endpoint, platform, secret);
    const turns = 6;
    await Promise.all(Array.from({ length: turns - 1 }, () => ask(second, ping())));
    expect(performance.now() - startedAt).toBeGreaterThan((turns - 1) * (RATE_WINDOW_MS / RATE_LIMIT));
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
