import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { peerToTry } from '../../lib/net-diagnostics/peer-to-try.js';
import type { PeerLink, PeerPath, PeerToTry } from '../../lib/probes/index.js';
import { strangersQuestion } from '../../lib/probes/peer/stranger.js';
import { PathWatch } from '../../lib/probes/peer/watch.js';
import { peerProbe } from '../../lib/probes/peer.js';
import type { Observation, PeerSeen, ProbeRecord } from '../../lib/report/index.js';
import type { BiStream, Connection } from '../../lib/transport/index.js';
import { encodePeerFacts, MAX_PEER_FACTS, PEER_ALPN } from '../../lib/wire/index.js';
import { until } from '../support/fake-time.js';
import { Loopback } from '../support/loopback.js';
import { IROH_RELAY, Programs, runsHere } from './qad/support/programs.js';
import { startPlainRelay } from './qad/support/relay.js';
import { runAlone } from './support/context.js';
import { echo, hello, peerHere } from './support/peer-here.js';

const net = new Loopback();
const programs = new Programs();
afterEach(async () => {
  await net.closeAll();
  await programs.close();
});

type Serve = (connection: Connection, open: () => Promise<BiStream>) => Promise<void>;

/** What comes of trying a peer that behaves like this. */
async function trying(
  serve?: Serve,
  options: { deadlineMs?: number; signal?: AbortSignal } = {},
): Promise<{ record: ProbeRecord; seen: PeerSeen; peer: string }> {
  const { endpoint } = await peerHere(net, serve);
  const dialler = await net.bind();
  const [record] = await runAlone(peerProbe, [], {
    deadlineMs: 10_000,
    ...options,
    peers: [peerToTry(dialler, endpoint.address())],
  });
  const [seen] = record?.observation?.peers ?? [];
  if (record === undefined || seen === undefined) throw new Error(`nothing seen: ${JSON.stringify(record)}`);
  return { record, seen, peer: endpoint.id };
}

describe('a peer to which a direct path comes up', () => {
  it('is direct once the path has carried messages for a second', async () => {
    const { record, seen, peer } = await trying();
    expect(record).toMatchObject({ outcome: 'ok', target: peer.slice(0, 10) });
    expect(record.ref).toBe(`peer ${peer.slice(0, 10)}`);
    expect(seen).toMatchObject({ peer, reached: 'direct', isPeerWell: true, letsInStrangers: true });
    expect(seen.remoteAddr).toMatch(/^(127\.0\.0\.1|\[::1\]):\d+$/);
    expect(seen.family).toBe(seen.remoteAddr?.startsWith('[') ? 6 : 4);
    expect(seen.echoed).toBeGreaterThanOrEqual(60);
    expect(seen.directMs).toBeLessThan(1000);
    expect(seen.watchedMs).toBeGreaterThanOrEqual(1000);
    expect(record.durationMs).toBeLessThan(2500);
    const paths = record.observation?.paths ?? [];
    expect(paths).toContainEqual({
      remoteAddr: seen.remoteAddr,
      isRelay: false,
      received: expect.any(Number),
    });
  });

  it('says nothing of itself, if it does not know', async () => {
    const { seen } = await trying(async (_, open) => {
      const stream = await hello(open);
      await stream.write(encodePeerFacts({ isWell: null }));
      await echo(stream);
    });
    expect(seen.reached).toBe('direct');
    expect(seen).not.toHaveProperty('isPeerWell');
  });
});

describe('a peer that does not behave', () => {
  it.each<[string, string, Serve]>([
    [
      'closes the connection midway',
      'ERR_CONNECTION_CLOSED',
      async (connection, open) => {
        const stream = await hello(open);
        await stream.write(encodePeerFacts({ isWell: true }));
        await echo(stream, 2000);
        connection.close(503, 'busy');
      },
    ],
    [
      'ends the stream midway',
      'PEER_ENDED',
      async (_, open) => {
        const stream = await hello(open);
        await stream.write(encodePeerFacts({ isWell: true }));
        await echo(stream, 2000);
        await stream.finish();
        await stream.acknowledged();
      },
    ],
    [
      'says rubbish about itself',
      'ERR_WIRE_DECODE',
      async (_, open) => {
        const stream = await hello(open);
        await stream.write(Buffer.from('\u001b[2Jhello\n'));
        await delay(5000, stream);
      },
    ],
    [
      'talks about itself without an end',
      'ERR_WIRE_DECODE',
      async (_, open) => {
        const stream = await hello(open);
        for (;;) await stream.write(Buffer.alloc(MAX_PEER_FACTS, 'x'));
      },
    ],
    [
      'sends more than it got',
      'PEER_NO_ECHO',
      async (_, open) => {
        const stream = await hello(open);
        await stream.write(encodePeerFacts({ isWell: true }));
        for (;;) await stream.write(Buffer.alloc(1024));
      },
    ],
    [
      'sends back something else',
      'PEER_NO_ECHO',
      async (_, open) => {
        const stream = await hello(open);
        await stream.write(encodePeerFacts({ isWell: true }));
        for (;;) {
          const bytes = await stream.read(1024);
          if (bytes !== null) await stream.write(bytes.map((byte) => byte ^ 1));
        }
      },
    ],
  ])('%s: no proof, and nothing is said against its network', async (_, code, serve) => {
    const { record, seen } = await trying(serve);
    expect(record).toMatchObject({ outcome: 'failed', error: { code } });
    expect(seen.reached).toBe('cut');
    expect(record.durationMs).toBeLessThan(3000);
    expect(JSON.stringify(record)).not.toContain('u001b');
  });

  it('is silent: the trial ends with the report, and says so', { tags: ['slow'] }, async () => {
    const { record, seen } = await trying(async (_, open) => {
      // A stream that nobody holds any more is collected, and the binding then ends it.
      await delay(8000, await hello(open));
    });
    expect(record).toMatchObject({ outcome: 'failed', error: { code: 'PEER_SILENT' } });
    expect(seen).toMatchObject({ reached: 'cut' });
    expect(seen.watchedMs).toBeGreaterThanOrEqual(5900);
  });

  it('is not there: it is unreached, and the reason is told', { tags: ['slow'] }, async () => {
    const gone = await net.bind();
    const address = gone.address();
    await gone.close();
    const dialler = await net.bind();
    const [record] = await runAlone(peerProbe, [], {
      deadlineMs: 10_000,
      peers: [peerToTry(dialler, address)],
    });
    expect(record).toMatchObject({
      outcome: 'timeout',
      error: { code: 'ERR_TIMEOUT' },
      observation: { peers: [{ peer: address.id, reached: 'unreached', watchedMs: 0 }] },
    });
    expect(record?.durationMs).toBeLessThan(4500);
  });

  it('speaks another protocol: it is unreached at once', async () => {
    const other = await net.bind({ alpns: ['other/1'] });
    other.listen((incoming) => void incoming.accept().catch(() => {}));
    const dialler = await net.bind();
    const [record] = await runAlone(peerProbe, [], { peers: [peerToTry(dialler, other.address())] });
    expect(record).toMatchObject({
      outcome: 'failed',
      error: { code: 'ERR_CONNECT' },
      observation: { peers: [{ reached: 'unreached' }] },
    });
  });
});

describe('a report that ends early', () => {
  it('cuts the trial in time to tell what was seen', async () => {
    const { record, seen } = await trying(undefined, { deadlineMs: 700 });
    expect(record).toMatchObject({ outcome: 'timeout', error: { code: 'DEADLINE' } });
    expect(seen).toMatchObject({ reached: 'cut', isPeerWell: true });
  });

  it('that is cancelled closes the connection and the sockets at once', async () => {
    const cancel = new AbortController();
    const { endpoint } = await peerHere(net);
    const dialler = await net.bind();
    const links: Connection[] = [];
    const peer: PeerToTry = {
      id: endpoint.id,
      connect: async (wait) => {
        const link = await dialler.connect(endpoint.address(), PEER_ALPN, wait);
        links.push(link);
        return link;
      },
    };
    setTimeout(() => cancel.abort(), 600);
    const [record] = await runAlone(peerProbe, [], { signal: cancel.signal, peers: [peer] });
    expect(record).toMatchObject({ outcome: 'aborted' });
    expect(record?.durationMs).toBeLessThan(900);
    expect(await links[0]?.closed()).toMatchObject({ by: 'local' });
    await until(() => openUdpSockets() === 0, 1000);
  });

  it('closes a connection that comes up after it', async () => {
    let isClosed = false;
    const close = () => {
      isClosed = true;
    };
    const link = { ...scripted(() => []), close };
    const late: PeerToTry = { id: ID, connect: () => delay(300).then(() => link) };
    const [record] = await runAlone(peerProbe, [], { deadlineMs: 100, peers: [late] });
    expect(record?.outcome).toBe('timeout');
    await until(() => isClosed, 1000);
  });
});

const ID = '3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29';

/** UDP sockets of Node that are open. The binding's are none of these. */
function openUdpSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name.startsWith('UDP')).length;
}

/** A link whose peer does what the protocol says, over the paths that `paths` tells. */
function scripted(paths: () => PeerPath[], isEchoing: () => boolean = () => true): PeerLink {
  const waiting: ((bytes: Uint8Array) => void)[] = [];
  const there: Uint8Array[] = [];
  const deliver = (bytes: Uint8Array) => {
    const taker = waiting.shift();
    if (taker === undefined) there.push(bytes);
    else taker(bytes);
  };
  let writes = 0;
  return {
    paths,
    close: () => {},
    openStream: async () => ({
      write: async (bytes) => {
        writes += 1;
        if (writes === 1) deliver(encodePeerFacts({ isWell: true }));
        else if (isEchoing()) deliver(bytes);
      },
      read: () =>
        new Promise((resolve) => {
          const bytes = there.shift();
          if (bytes === undefined) waiting.push(resolve);
          else resolve(bytes);
        }),
    }),
  };
}

/** A clock that starts with the first look, and paths at each of its times. */
function pathsOverTime(at: (ms: number) => PeerPath[]): () => PeerPath[] {
  let startedAt: number | undefined;
  return () => {
    startedAt ??= performance.now();
    return at(performance.now() - startedAt);
  };
}

const RELAY = 'https://relay.example/';
const relay = (isSelected: boolean): PeerPath => ({
  remoteAddr: RELAY,
  isRelay: true,
  isSelected,
  received: 9,
});
const direct = (received: number, remoteAddr = '127.0.0.1:9'): PeerPath => ({
  ...{ remoteAddr, isRelay: false, isSelected: true, received },
});

async function observationOf(link: PeerLink, deadlineMs = 10_000): Promise<Observation | undefined> {
  const peer: PeerToTry = { id: ID, connect: async () => link };
  const [record] = await runAlone(peerProbe, [], { deadlineMs, peers: [peer] });
  return record?.observation;
}

async function tryScripted(link: PeerLink, deadlineMs?: number): Promise<PeerSeen | undefined> {
  return (await observationOf(link, deadlineMs))?.peers?.[0];
}

describe('a direct path that does not last', () => {
  it('came up and went again for the relay: relayed, with the path that was there', {
    tags: ['slow'],
  }, async () => {
    const seen = await tryScripted(
      scripted(pathsOverTime((ms) => (ms < 500 ? [direct(ms), relay(false)] : [relay(true)]))),
    );
    expect(seen).toMatchObject({ reached: 'relayed', remoteAddr: '127.0.0.1:9', isPeerWell: true });
    expect(seen?.watchedMs).toBeGreaterThanOrEqual(5900);
    expect(seen).not.toHaveProperty('letsInStrangers');
  });

  it('stays selected while only its first datagrams come: relayed', { tags: ['slow'] }, async () => {
    let writes = 0;
    const link = scripted(
      () => [direct(Math.min(writes, 20)), relay(false)],
      () => {
        writes += 1;
        return writes < 20;
      },
    );
    const observation = await observationOf(link);
    expect(observation?.peers?.[0]?.reached).toBe('relayed');
    // To the verdict a path in this list is a proof that UDP passes.
    expect(observation?.paths).toEqual([{ remoteAddr: RELAY, isRelay: true, received: 9 }]);
  });

  it('is no proof while the echo comes another way: its own datagrams count', {
    tags: ['slow'],
  }, async () => {
    const seen = await tryScripted(scripted(() => [direct(3), relay(false)]));
    expect(seen?.reached).toBe('relayed');
  });

  it('comes up at the second try, after five seconds: direct', { tags: ['slow'] }, async () => {
    const seen = await tryScripted(
      scripted(pathsOverTime((ms) => (ms < 4500 ? [relay(true)] : [direct(ms), relay(false)]))),
    );
    expect(seen).toMatchObject({ reached: 'direct', remoteAddr: '127.0.0.1:9' });
    expect(seen?.directMs).toBeGreaterThanOrEqual(4400);
  });

  it('comes up late in the time for watching: its echo may end after it', { tags: ['slow'] }, async () => {
    const seen = await tryScripted(
      scripted(pathsOverTime((ms) => (ms < 5600 ? [relay(true)] : [direct(ms), relay(false)]))),
    );
    expect(seen).toMatchObject({ reached: 'direct', remoteAddr: '127.0.0.1:9' });
    expect(seen?.watchedMs).toBeGreaterThanOrEqual(6500);
    expect(seen?.watchedMs).toBeLessThan(8000);
  });

  it('is still carrying when the report ends: that it stayed relayed is not said', {
    tags: ['slow'],
  }, async () => {
    const link = scripted(pathsOverTime((ms) => (ms < 5600 ? [relay(true)] : [direct(ms), relay(false)])));
    const seen = await tryScripted(link, 6400);
    expect(seen).toMatchObject({ reached: 'cut', remoteAddr: '127.0.0.1:9' });
    expect(seen?.watchedMs).toBeGreaterThanOrEqual(5900);
  });

  it('gives way to another direct path, which then has to prove itself', async () => {
    const seen = await tryScripted(
      scripted(pathsOverTime((ms) => [direct(ms, ms < 400 ? '127.0.0.1:9' : '127.0.0.1:10')])),
    );
    expect(seen).toMatchObject({ reached: 'direct', remoteAddr: '127.0.0.1:10', family: 4 });
    expect(seen?.watchedMs).toBeGreaterThanOrEqual(1400);
    // Nobody is at that port: no answer to a stranger.
    expect(seen?.letsInStrangers).toBe(false);
  });
});

describe('the paths of a connection', () => {
  it('are those that were there, each as it was last', () => {
    const looks: PeerPath[][] = [[relay(true)], [direct(1), relay(false)], [direct(7)]];
    const watch = new PathWatch({ paths: () => looks.shift() ?? [] });
    expect([watch.look(), watch.look()?.received, watch.look()?.received]).toEqual([null, 1, 7]);
    const relayed = { remoteAddr: RELAY, isRelay: true, received: 9 };
    expect(watch.paths('127.0.0.1:9')).toEqual([
      relayed,
      { remoteAddr: '127.0.0.1:9', isRelay: false, received: 7 },
    ]);
    expect(watch.paths(null)).toEqual([relayed]);
    expect(watch.relays).toEqual([{ relayUrl: RELAY, stage: 'ready' }]);
  });

  it('name no relay over which nothing came', () => {
    const watch = new PathWatch({ paths: () => [{ ...relay(true), received: 0 }] });
    watch.look();
    expect(watch.relays).toEqual([]);
  });
});

describe('a stranger’s question', () => {
  it('is a full datagram of a version that nobody speaks', () => {
    const { datagram } = strangersQuestion((size) => new Uint8Array(size).fill(size));
    expect(datagram).toHaveLength(1200);
    expect([...datagram.subarray(0, 7)]).toEqual([0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8, 8]);
  });

  it('takes Version Negotiation with its own connection ids for an answer, and nothing else', () => {
    let fill = 0;
    const { datagram, isAnswer } = strangersQuestion((size) => new Uint8Array(size).fill(++fill));
    const ids = [8, ...new Uint8Array(8).fill(2), 8, ...new Uint8Array(8).fill(1)];
    const answer = [0xfe, 0, 0, 0, 0, ...ids, 0, 0, 0, 1];
    expect(isAnswer(Uint8Array.from(answer))).toBe(true);
    for (const wrong of [
      [],
      answer.slice(0, -4),
      answer.slice(0, -1),
      [0x40, ...answer.slice(1)],
      answer.with(4, 1),
      answer.with(8, 9),
      answer.with(20, 9),
      // An echo of the question.
      [...datagram],
    ]) {
      expect(isAnswer(Uint8Array.from(wrong))).toBe(false);
    }
  });
});

const mayRelay = runsHere(IROH_RELAY, 'iroh-relay (cargo install iroh-relay --features server)');

describe.skipIf(!mayRelay)('a peer behind a relay', () => {
  it('gets a direct path, and the relay is known to be usable', async () => {
    const url = await startPlainRelay(programs);
    const relays = [{ url, quicPort: null }];
    const { endpoint } = await peerHere(net, undefined, { relays });
    const dialler = await net.bind({ relays });
    await Promise.all([endpoint, dialler].map((each) => each.online({ timeoutMs: 10_000 })));
    const address = { id: endpoint.id, relayUrls: [url], directAddrs: [] };
    const [record] = await runAlone(peerProbe, [], {
      deadlineMs: 10_000,
      peers: [peerToTry(dialler, address)],
    });
    expect(record?.observation?.peers).toMatchObject([{ reached: 'direct', isPeerWell: true }]);
    expect(record?.observation?.access).toEqual([{ relayUrl: url, stage: 'ready' }]);
  });

  it('is found at the second of its relays, where it is now', async () => {
    const [left, now] = [await startPlainRelay(programs), await startPlainRelay(programs)];
    const { endpoint } = await peerHere(net, undefined, { relays: [{ url: now, quicPort: null }] });
    const dialler = await net.bind({ relays: [left, now].map((url) => ({ url, quicPort: null })) });
    await Promise.all([endpoint, dialler].map((each) => each.online({ timeoutMs: 10_000 })));
    const address = { id: endpoint.id, relayUrls: [left, now], directAddrs: [] };
    const [record] = await runAlone(peerProbe, [], {
      deadlineMs: 10_000,
      peers: [peerToTry(dialler, address)],
    });
    expect(record?.observation?.peers).toMatchObject([{ reached: 'direct' }]);
  });

  it('to which no direct path is seen is relayed, after six seconds', { tags: ['slow'] }, async () => {
    const url = await startPlainRelay(programs);
    const relays = [{ url, quicPort: null }];
    const { endpoint } = await peerHere(net, undefined, { relays });
    const dialler = await net.bind({ relays });
    await Promise.all([endpoint, dialler].map((each) => each.online({ timeoutMs: 10_000 })));
    const real = peerToTry(dialler, { id: endpoint.id, relayUrls: [url], directAddrs: [] });
    // On one machine nothing stands between the two.
    const blind: PeerToTry = {
      id: real.id,
      connect: async (wait) => {
        const link = await real.connect(wait);
        const paths = () => link.paths().filter(({ isRelay }) => isRelay);
        return { paths, openStream: (each) => link.openStream(each), close: (code) => link.close(code) };
      },
    };
    const [record] = await runAlone(peerProbe, [], { deadlineMs: 10_000, peers: [blind] });
    expect(record).toMatchObject({ outcome: 'ok' });
    expect(record?.observation?.peers).toMatchObject([{ reached: 'relayed', isPeerWell: true }]);
    expect(record?.durationMs).toBeLessThan(7000);
  });
});
