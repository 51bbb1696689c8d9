import { describe, expect, it } from 'vitest';
import { dialPlatform } from '../../lib/client/dial-platform.js';
import { NetDiagnosticsError } from '../../lib/errors.js';
import type { Connection, Endpoint } from '../../lib/transport/index.js';
import { type EndpointAddress, SecretKey } from '../../lib/wire/index.js';

const RELAY = 'https://relay.test/';
const DIRECT = { family: 4, ip: '203.0.113.7', port: 4433 } as const;
const PLATFORM: EndpointAddress = {
  id: SecretKey.fromBytes(new Uint8Array(32).fill(7)).id,
  relayUrls: [RELAY],
  directAddrs: [DIRECT],
};

/** Dials and fails with these codes, then succeeds. @returns what was dialled, and for how long */
async function dial(platform: EndpointAddress, relays: string[], ...failures: string[]) {
  const dialled: [relays: number, directs: number, timeoutMs: number][] = [];
  const connect: Endpoint['connect'] = async ({ relayUrls, directAddrs }, _alpn, wait) => {
    dialled.push([relayUrls.length, directAddrs.length, wait?.timeoutMs ?? Number.NaN]);
    const code = failures.shift();
    if (code !== undefined) throw new NetDiagnosticsError(code as 'ERR_TIMEOUT', 'as the test wants it');
    return CONNECTED;
  };
  const endpoint = { connect, relays: () => relays.map((url) => ({ url, quicPort: null, auth: null })) };
  const wait = { signal: new AbortController().signal, timeoutMs: 15_000 };
  const error = await dialPlatform(endpoint, platform, wait).then(
    (connection) => expect(connection).toBe(CONNECTED),
    (failure: unknown) => failure,
  );
  return { dialled, error };
}

const CONNECTED = {} as Connection;

describe('a platform with relays and addresses', () => {
  it('is dialled by its relays alone: a firewall that lets no answer in would swallow the direct way for ever', async () => {
    const { dialled } = await dial(PLATFORM, [RELAY]);
    expect(dialled).toEqual([[1, 0, 7000]]);
  });

  it.each(['ERR_TIMEOUT', 'ERR_CONNECT'])(
    'is dialled by all it has after %s there, in the time that is left',
    async (code) => {
      const { dialled } = await dial(PLATFORM, [RELAY], code);
      expect(dialled.map(([relays, directs]) => [relays, directs])).toEqual([
        [1, 0],
        [1, 1],
      ]);
      expect(dialled[1]?.[2]).toBeLessThanOrEqual(15_000);
    },
  );

  it.each(['ERR_ABORTED', 'ERR_ENDPOINT_CLOSED'])('is left alone after %s', async (code) => {
    const { dialled, error } = await dial(PLATFORM, [RELAY], code);
    expect(dialled).toHaveLength(1);
    expect(error).toMatchObject({ code });
  });

  it.each([
    ['no relay of the endpoint is one of them', PLATFORM, ['https://other.test/']],
    ['the endpoint has none', PLATFORM, []],
    ['it has no relay', { ...PLATFORM, relayUrls: [] }, [RELAY]],
    ['it has no direct address', { ...PLATFORM, directAddrs: [] }, [RELAY]],
  ])('is dialled once, by all it has, when %s', async (_, platform, relays) => {
    const { dialled } = await dial(platform, relays);
    expect(dialled).toEqual([[platform.relayUrls.length, platform.directAddrs.length, expect.any(Number)]]);
  });
});
