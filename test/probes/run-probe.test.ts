import { describe, expect, it } from 'vitest';
import { endpointProbe } from '../../lib/probes/endpoint.js';
import { type LookupHost, ReportEnded, Resolver } from '../../lib/probes/index.js';
import { SecretKey } from '../../lib/wire/index.js';
import { probeOf, runAlone } from './support/context.js';

describe('a run of a probe', () => {
  it('is recorded with what it threw, cleaned and bounded', async () => {
    const thrown = Object.assign(new Error(`bad\r\n${'x'.repeat(1000)}`), { code: 'not a code' });
    const [record] = await runAlone(
      probeOf(() => Promise.reject(thrown)),
      [],
    );
    expect(record).toMatchObject({ ref: 'made-up', outcome: 'failed', error: { code: 'ERROR' } });
    expect(record?.error?.message).toHaveLength(200);
    expect(record?.error?.message.startsWith('bad\ufffdx')).toBe(true);
  });

  it('is a timeout at the deadline, even if it ignores its signal', async () => {
    const [record] = await runAlone(
      probeOf(() => new Promise(() => undefined)),
      [],
      { deadlineMs: 50 },
    );
    expect(record).toMatchObject({ outcome: 'timeout', error: { code: 'DEADLINE' } });
    expect(record?.durationMs).toBeGreaterThanOrEqual(49);
  });

  it('tells the deadline, whatever it threw when its signal fired', async () => {
    const [record] = await runAlone(
      probeOf(
        ({ signal }) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('torn')))),
      ),
      [],
      { deadlineMs: 50 },
    );
    expect(record?.error?.code).toBe('DEADLINE');
  });
});

describe('endpoint probe', () => {
  it('hands on the live paths of the snapshot', async () => {
    const endpoint = {
      endpointId: SecretKey.fromBytes(new Uint8Array(32).fill(21)).id,
      directAddrs: [],
      homeRelay: null,
      paths: [{ remoteAddr: '8.8.8.8:1', isRelay: false }],
    };
    const [record] = await runAlone(endpointProbe, [], { endpoint });
    expect(record?.observation?.paths).toEqual(endpoint.paths);
    expect(await runAlone(endpointProbe, [])).toEqual([]);
  });

  it('takes a live path through the home relay for the proof that it can be used', async () => {
    const paths = [
      { remoteAddr: 'https://used.test', isRelay: true },
      { remoteAddr: 'https://used.test/', isRelay: true },
      { remoteAddr: 'no relay', isRelay: true },
      { remoteAddr: '8.8.8.8:1', isRelay: false },
    ];
    const homes = async (homeRelay: string | null) => {
      const endpointId = SecretKey.fromBytes(new Uint8Array(32).fill(21)).id;
      const endpoint = { endpointId, directAddrs: [], homeRelay, paths };
      return (await runAlone(endpointProbe, [], { endpoint }))[0]?.observation?.homeRelays;
    };
    expect(await homes('https://used.test')).toEqual([{ relayUrl: 'https://used.test/' }]);
    // Through a relay of the peer's: nobody finds this endpoint there.
    expect(await homes('https://chosen.test/')).toEqual([]);
    expect(await homes(null)).toEqual([]);
  });
});

describe('resolver', () => {
  it('asks once per host and family, never for an IP address, and keeps a few addresses of each family', async () => {
    const asked: string[] = [];
    const lookup: LookupHost = async (host, family) => {
      asked.push(`${host} ${family}`);
      return [1, 2, 3, 4].flatMap((n) => [
        { ip: `::${n}`, family: 6 as const },
        { ip: `127.0.0.${n}`, family: 4 as const },
      ]);
    };
    const resolver = new Resolver(lookup, new AbortController().signal);
    expect(await resolver.resolve('[::1]', 6)).toEqual([{ ip: '::1', family: 6 }]);
    expect(await resolver.resolve('[::1]', 4)).toEqual([]);
    expect(await resolver.resolve('127.0.0.1', 4)).toEqual([{ ip: '127.0.0.1', family: 4 }]);
    const [first, second] = await Promise.all([
      resolver.resolve('relay.test', 4),
      resolver.resolve('relay.test', 6),
    ]);
    expect([...first, ...second].map(({ ip }) => ip)).toEqual(['127.0.0.1', '127.0.0.2', '::1', '::2']);
    await resolver.resolve('relay.test', 4);
    expect(asked).toEqual(['relay.test 4', 'relay.test 6']);
  });

  it('rejects a name without addresses, and does not outwait its signal', async () => {
    const signal = AbortSignal.abort(new ReportEnded('deadline'));
    await expect(
      new Resolver(async () => [], new AbortController().signal).addresses('relay.test').next(),
    ).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(
      new Resolver(() => new Promise(() => undefined), signal).resolve('relay.test', 4),
    ).rejects.toMatchObject({ by: 'deadline' });
  });
});
