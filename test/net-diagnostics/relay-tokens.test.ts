import { describe, expect, it } from 'vitest';
import { safeLogger } from '../../lib/logger.js';
import { RelayTokens } from '../../lib/net-diagnostics/relay-tokens.js';
import { type Endpoint, networkRelays } from '../../lib/transport/index.js';
import { decodeBase32 } from '../../lib/wire/base32.js';
import { ApiSecret, type Relay, SecretKey, Token } from '../../lib/wire/index.js';
import { FakeTime, settle } from '../support/fake-time.js';
import { Memory } from './stage.js';

const DAY_MS = 86_400_000;
const key = SecretKey.fromBytes(new Uint8Array(32).fill(1));
const app = SecretKey.fromBytes(new Uint8Array(32).fill(2));
const apiSecret = ApiSecret.create(key, { id: key.id, relayUrls: [], directAddrs: [] });
const relays = [
  { url: 'https://managed.example/', quicPort: 7842, auth: 'services' as const },
  { url: 'https://open.example/', quicPort: null, auth: null },
];

function setUp(insertRelay: (relay: Relay) => Promise<void> = async () => {}) {
  const time = new FakeTime();
  const memory = new Memory();
  const tokens = new RelayTokens({
    apiSecret,
    endpointId: app.id,
    relays,
    clock: time,
    sleep: time.sleep,
    log: safeLogger(memory),
  });
  const inserted: Relay[] = [];
  const endpoint = {
    isClosed: false,
    insertRelay: async (relay: Relay) => {
      await insertRelay(relay);
      inserted.push(relay);
    },
  } as unknown as Endpoint;
  const stop = new AbortController();
  return { time, memory, tokens, endpoint, inserted, stop };
}

function tokenTextOf(relay: Relay | undefined): string {
  return typeof relay?.auth === 'object' ? (relay.auth?.token ?? '') : '';
}

function tokenOf(relay: Relay | undefined): Token {
  return Token.decodeStandalone(decodeBase32(tokenTextOf(relay)) ?? new Uint8Array(0));
}

describe("n0's own relays, with the network 'services'", () => {
  it('get a token each, and a new one at half of its life', async () => {
    const own = (await networkRelays()).map(({ url, quicPort }) => ({
      url,
      quicPort,
      auth: 'services' as const,
    }));
    const { time, endpoint, inserted, stop } = setUp();
    const options = { apiSecret, endpointId: app.id, clock: time, sleep: time.sleep };
    const tokens = new RelayTokens({ ...options, relays: own, log: safeLogger(new Memory()) });
    const first = tokens.configs();
    expect(first.map(({ url }) => url)).toEqual(own.map(({ url }) => url));
    for (const relay of first) expect(tokenOf(relay).caps.toStrings()).toEqual(['relay:use']);
    const kept = tokens.keep(endpoint, true, stop.signal);
    await time.advance(15 * DAY_MS);
    expect(inserted.map(({ url }) => url)).toEqual(own.map(({ url }) => url));
    expect(tokenTextOf(inserted[0])).not.toBe(tokenTextOf(first[0]));
    stop.abort();
    await kept;
  });
});

describe('a relay of iroh services', () => {
  it('gets a relay:use token that the API secret signed for this endpoint, in lower-case base32', () => {
    const { tokens, time } = setUp();
    const [managed, open] = tokens.configs();
    expect(open).toEqual({ url: 'https://open.example/', quicPort: null, auth: null });
    expect(managed).toMatchObject({ url: 'https://managed.example/', quicPort: 7842 });
    expect(tokenTextOf(managed)).toMatch(/^[a-z2-7]+$/);
    const token = tokenOf(managed);
    expect(token).toMatchObject({
      issuer: apiSecret.keyId,
      audience: app.id,
      expiresAt: time.now() / 1000 + 30 * 86_400,
    });
    expect(token.caps.toStrings()).toEqual(['relay:use']);
  });

  it('gets a new one at half of its life, again and again, until it is stopped', async () => {
    const { tokens, time, endpoint, inserted, stop } = setUp();
    const keeping = tokens.keep(endpoint, true, stop.signal);
    await time.advance(15 * DAY_MS - 1);
    expect(inserted).toHaveLength(0);
    await time.advance(1);
    expect(inserted).toHaveLength(1);
    expect(tokenOf(inserted[0]).expiresAt).toBe(time.now() / 1000 + 30 * 86_400);
    await time.advance(15 * DAY_MS);
    expect(inserted.map(({ url }) => url)).toEqual(['https://managed.example/', 'https://managed.example/']);
    stop.abort();
    await keeping;
    expect(time.sleepers).toBe(0);
  });

  it('gets one at once on an endpoint that was bound without', async () => {
    const { tokens, time, endpoint, inserted, stop } = setUp();
    const keeping = tokens.keep(endpoint, false, stop.signal);
    await settle();
    expect(inserted).toHaveLength(1);
    await time.advance(15 * DAY_MS);
    expect(inserted).toHaveLength(2);
    stop.abort();
    await keeping;
  });

  it('that could not be given one gets it an hour later; the log says so without it', async () => {
    let failures = 1;
    const { tokens, time, endpoint, inserted, memory, stop } = setUp(async () => {
      if (failures-- > 0) throw new Error('not now');
    });
    const keeping = tokens.keep(endpoint, false, stop.signal);
    await settle();
    expect(memory.lines).toEqual([expect.stringContaining('not now')]);
    await time.advance(3_600_000);
    expect(inserted).toHaveLength(1);
    stop.abort();
    await keeping;
  });

  it('ends with its endpoint', async () => {
    const { tokens, time, endpoint, stop } = setUp(async () => {
      Object.assign(endpoint, { isClosed: true });
      throw new Error('closed');
    });
    await tokens.keep(endpoint, false, stop.signal);
    expect(time.sleepers).toBe(0);
  });
});
