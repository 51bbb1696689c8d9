import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { NetDiagnosticsError } from '../../lib/errors.js';
import { peerToTry } from '../../lib/net-diagnostics/peer-to-try.js';
import type { Connection, Endpoint } from '../../lib/transport/index.js';
import { type EndpointAddress, SecretKey } from '../../lib/wire/index.js';
import { peerHere } from '../probes/support/peer-here.js';
import { HttpRelay } from '../support/http-relay.js';
import { Loopback } from '../support/loopback.js';

const net = new Loopback();
afterEach(() => net.closeAll());

const [ONE, TWO] = ['https://one.test/', 'https://two.test/'];
const DIRECT = { family: 4, ip: '203.0.113.7', port: 4433 } as const;
const id = SecretKey.fromBytes(new Uint8Array(32).fill(7)).id;
const peer = (relayUrls: string[], directAddrs: EndpointAddress['directAddrs'] = []) => ({
  ...{ id, relayUrls, directAddrs },
});

interface Dial {
  at: number;
  by: string;
}

/** An endpoint whose dials end as `ends` says, by the way that is dialled: after these milliseconds, well or not. */
function dialler(ends: Record<string, [afterMs: number, isConnected: boolean]>) {
  const dials: Dial[] = [];
  const given: { by: string; isClosed: boolean }[] = [];
  const startedAt = performance.now();
  const connect: Endpoint['connect'] = async ({ relayUrls, directAddrs }, _, wait) => {
    const by = [...relayUrls, ...directAddrs.map(({ ip }) => ip)].join(' ');
    dials.push({ at: Math.round((performance.now() - startedAt) / 100) * 100, by });
    const [ms, isConnected] = ends[by] ?? [60_000, false];
    await delay(ms, undefined, { signal: wait?.signal, ref: false }).catch(() => {
      throw new NetDiagnosticsError('ERR_ABORTED', 'cancelled');
    });
    if (!isConnected) throw new NetDiagnosticsError('ERR_CONNECT', by);
    const connection = { by, isClosed: false };
    given.push(connection);
    const close = () => {
      connection.isClosed = true;
    };
    return { by, close } as unknown as Connection;
  };
  return { connect, dials, given };
}

const wait = { timeoutMs: 4_000 };

describe('a peer', () => {
  it('of one relay is dialled once', async () => {
    const { connect, dials } = dialler({ [ONE]: [10, true] });
    expect(await peerToTry({ connect }, peer([ONE])).connect(wait)).toMatchObject({ by: ONE });
    expect(dials).toEqual([{ at: 0, by: ONE }]);
  });

  it('is dialled by its other relay beside the first, which is silent', async () => {
    const { connect, dials } = dialler({ [TWO]: [10, true] });
    expect(await peerToTry({ connect }, peer([ONE, TWO])).connect(wait)).toMatchObject({ by: TWO });
    expect(dials).toEqual([
      { at: 0, by: ONE },
      { at: 700, by: TWO },
    ]);
  });

  it('is dialled by the next way at once where one fails, by its own addresses last', async () => {
    const all = `${ONE} ${DIRECT.ip}`;
    const { connect, dials } = dialler({ [ONE]: [10, false], [TWO]: [10, false], [all]: [10, true] });
    expect(await peerToTry({ connect }, peer([ONE, TWO], [DIRECT])).connect(wait)).toMatchObject({ by: all });
    expect(dials.map(({ by }) => by)).toEqual([ONE, TWO, all]);
    expect(dials.at(-1)?.at).toBeLessThanOrEqual(200);
  });

  it('that answers by two ways is connected once', async () => {
    const { connect, given } = dialler({ [ONE]: [800, true], [TWO]: [100, true] });
    const taken = await peerToTry({ connect }, peer([ONE, TWO])).connect(wait);
    await delay(50);
    expect(given.filter(({ isClosed }) => !isClosed)).toMatchObject([{ by: (taken as never as Dial).by }]);
  });

  it('that no way leads to: why the first one failed', async () => {
    const { connect } = dialler({ [ONE]: [10, false], [TWO]: [10, false] });
    await expect(peerToTry({ connect }, peer([ONE, TWO])).connect(wait)).rejects.toMatchObject({
      ...{ code: 'ERR_CONNECT', message: ONE },
    });
  });

  it('is given up at once when that is wanted', async () => {
    const { connect } = dialler({});
    const cancel = new AbortController();
    setTimeout(() => cancel.abort(), 50);
    const startedAt = performance.now();
    const dialled = peerToTry({ connect }, peer([ONE, TWO])).connect({ ...wait, signal: cancel.signal });
    await expect(dialled).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(performance.now() - startedAt).toBeLessThan(500);
  });

  it('is found, by a real endpoint, beside a relay that takes nobody', async () => {
    const dead = await HttpRelay.start();
    try {
      const { endpoint } = await peerHere(net);
      const dialling = await net.bind({ relays: [{ url: dead.url, quicPort: null }] });
      const address = { ...endpoint.address(), relayUrls: [dead.url] };
      const link = await peerToTry(dialling, address).connect(wait);
      expect(link.paths().some(({ isRelay }) => !isRelay)).toBe(true);
      link.close(0);
    } finally {
      await dead.stop();
    }
  });
});
