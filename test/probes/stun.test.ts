import { afterEach, describe, expect, it } from 'vitest';
import { HeadStart } from '../../lib/probes/index.js';
import { stunProbe } from '../../lib/probes/stun.js';
import type { ProbeRecord } from '../../lib/report/index.js';
import { judge } from '../../lib/report/index.js';
import { formatSocketAddr, parseStunServer, type SocketAddr, type StunServer } from '../../lib/wire/index.js';
import { runAlone } from './support/context.js';
import {
  attribute,
  errorResponse,
  FakeStunServer,
  honest,
  plainAddress,
  response,
  xorAddress,
} from './support/stun-server.js';

const running: FakeStunServer[] = [];
afterEach(() => {
  for (const server of running.splice(0)) server.close();
});

async function start(behave: Parameters<typeof FakeStunServer.start>[0] = honest): Promise<FakeStunServer> {
  const server = await FakeStunServer.start(behave);
  running.push(server);
  return server;
}

type Options = Parameters<typeof runAlone>[2];

async function ask(labels: readonly string[], options: Options = {}) {
  const stunServers = labels
    .map((label) => parseStunServer(label))
    .filter((server): server is StunServer => server !== null);
  const records = await runAlone(stunProbe, [], { ...options, stunServers });
  const named = (ref: string) => {
    const record = records.find((candidate) => candidate.ref === ref);
    if (record === undefined) throw new Error(`no ${ref}`);
    return record;
  };
  return {
    records,
    mapping: named('stun IPv4 mapping'),
    filtering: named('stun IPv4 filtering'),
    // Loopback plays the Internet.
    verdict: judge(records, [], () => true).ipv4,
  };
}

const addressesOf = (record: ProbeRecord) => record.observation?.addresses ?? [];
const filteringOf = (record: ProbeRecord) => record.observation?.filterings?.[0];

describe('without STUN servers', () => {
  it('nothing is planned', async () => {
    expect(await runAlone(stunProbe, [])).toEqual([]);
  });
});

describe('mapping', () => {
  it('asks all servers from one socket, each once', async () => {
    const servers = [await start(), await start()];
    const { mapping, verdict } = await ask(servers.map(({ label }) => label));
    expect(mapping).toMatchObject({ outcome: 'ok', family: 4 });
    const [first, second] = addressesOf(mapping);
    expect(first?.local).toBe(second?.local);
    expect(first).toEqual({
      family: 4,
      local: first?.local,
      observed: first?.local,
      destinationIp: '127.0.0.1',
      destinationPort: Number(servers[0]?.label.split(':')[1]),
      by: 'stun',
    });
    expect(mapping.observation?.stun).toEqual(
      servers.map(({ label }) => ({
        server: label,
        family: 4,
        ip: '127.0.0.1',
        result: 'answered',
        ms: expect.any(Number),
      })),
    );
    for (const { asked } of servers) {
      const [plain] = asked.filter(({ from }) => formatSocketAddr(from) === first?.local);
      expect(plain?.raw).toHaveLength(20);
      expect(asked.filter(({ from }) => formatSocketAddr(from) === first?.local)).toHaveLength(1);
    }
    expect(verdict.mapping.value).toBe('none');
    // STUN alone is no QUIC.
    expect(verdict.udp.value).toBe('unknown');
  });

  it('asks the first again when the answers differ, and only then', async () => {
    const shifted = (by: number) => (asked: Parameters<typeof honest>[0]) => {
      const from = { ...asked.from, ip: '203.0.113.66', port: (asked.from.port + by) % 65_536 || 1 };
      return [
        { via: 'main', bytes: response(asked.transactionId, xorAddress(from, asked.transactionId)) } as const,
      ];
    };
    const [one, two] = [await start(shifted(1)), await start(shifted(2))];
    const { mapping, verdict } = await ask([one.label, two.label]);
    const [first, second] = addressesOf(mapping);
    expect(first?.again).toBe(first?.observed);
    expect(second?.again).toBeUndefined();
    expect(second?.observed).not.toBe(first?.observed);
    expect(verdict.mapping.value).toBe('endpoint-dependent');
  });

  it('survives two lost requests and an answer that comes twice', async () => {
    const server = await start((asked, self) =>
      asked.nth < 2 ? [] : [...honest(asked, self), ...honest(asked, self)],
    );
    const { mapping } = await ask([server.label]);
    expect(mapping.outcome).toBe('ok');
    expect(mapping.durationMs).toBeGreaterThan(200);
  });

  it('ignores garbage, strangers and answers to other questions', async () => {
    const server = await start((asked, self) => [
      { via: 'main', bytes: Buffer.from('hello') },
      {
        via: 'main',
        bytes: response(Buffer.alloc(12), xorAddress({ ...asked.from, port: 1 }, Buffer.alloc(12))),
      },
      // The right identifier from another port: somebody on the way, or a broken server.
      {
        via: 'otherPort',
        bytes: response(asked.transactionId, xorAddress({ ...asked.from, port: 2 }, asked.transactionId)),
      },
      ...honest(asked, self),
    ]);
    const { mapping } = await ask([server.label]);
    const [seen] = addressesOf(mapping);
    expect(seen?.observed).toBe(seen?.local);
  });

  it('takes no address in clear for a witness: a NAT may have rewritten it', async () => {
    const server = await start(({ transactionId, from }) => [
      { via: 'main', bytes: response(transactionId, plainAddress(0x0001, from)) },
    ]);
    const { mapping } = await ask([server.label]);
    expect(mapping).toMatchObject({
      outcome: 'failed',
      error: { code: 'ONLY_MAPPED_ADDRESS', message: expect.stringMatching(/in clear .* proves nothing/) },
      observation: { stun: [{ result: 'error', code: 'ONLY_MAPPED_ADDRESS' }] },
    });
    expect(addressesOf(mapping)).toEqual([]);
  });

  const software = (name: string) => attribute(0x8022, Buffer.from(name));
  const PADDED_WITH_GARBAGE = Buffer.from('802200056162636465ffffff', 'hex');
  it.each<[string, (from: SocketAddr, id: Buffer) => Buffer[]]>([
    ['the draft number of XOR-MAPPED-ADDRESS', (from, id) => [xorAddress(from, id, 0x8020)]],
    [
      'the draft number after an address in clear and SOFTWARE',
      (from, id) => [plainAddress(0x0001, from), software('Vovida.org 0.96'), xorAddress(from, id, 0x8020)],
    ],
    ['SOFTWARE of 5 bytes before it', (from, id) => [software('abcde'), xorAddress(from, id)]],
    [
      'SOFTWARE of 6 and 7 bytes',
      (from, id) => [software('abcdef'), xorAddress(from, id), software('abcdefg')],
    ],
    ['a padding that is not zero', (from, id) => [PADDED_WITH_GARBAGE, xorAddress(from, id)]],
  ])('understands servers that write %s', async (_, attributes) => {
    const server = await start(({ transactionId, from }) => [
      { via: 'main', bytes: response(transactionId, ...attributes(from, transactionId)) },
    ]);
    const { mapping } = await ask([server.label]);
    const [seen] = addressesOf(mapping);
    expect(mapping.outcome).toBe('ok');
    expect(seen?.observed).toBe(seen?.local);
  });

  it.each([
    ['UNKNOWN_ATTRIBUTE', 'an attribute that must be understood and is not', 0x7ffe, 7],
    ['NO_PORT', 'an address without a port', 0x8022, 0],
  ])('says %s of a server that answers with %s: it is not silent', async (code, _, type, port) => {
    const server = await start(({ transactionId, from }) => [
      {
        via: 'main',
        bytes: response(
          transactionId,
          xorAddress({ ...from, port }, transactionId),
          attribute(type, Buffer.from('x')),
        ),
      },
    ]);
    const { mapping } = await ask([server.label]);
    expect(mapping).toMatchObject({ outcome: 'failed', error: { code } });
    expect(mapping.durationMs).toBeLessThan(2000);
  });

  it('tells of a NAT that rewrites addresses inside datagrams', async () => {
    const server = await start(({ transactionId, from }) => [
      {
        via: 'main',
        bytes: response(
          transactionId,
          plainAddress(0x0001, { ...from, ip: '10.0.0.1', port: 7 }),
          xorAddress(from, transactionId),
        ),
      },
    ]);
    const { mapping } = await ask([server.label]);
    expect(mapping.observation?.stun?.[0]).toMatchObject({ result: 'answered', rewrittenTo: '10.0.0.1:7' });
  });

  it('tells an error from silence, and hands in what the others said', async () => {
    const [good, refusing, silent] = [
      await start(),
      await start(({ transactionId }) => [{ via: 'main', bytes: errorResponse(transactionId, 500) }]),
      await start(() => []),
    ];
    const { mapping } = await ask([refusing.label, silent.label, good.label]);
    expect(mapping.outcome).toBe('ok');
    expect(mapping.observation?.stun).toMatchObject([
      { result: 'error', code: 'STUN_500' },
      { result: 'silent' },
      { result: 'answered' },
    ]);
    expect(silent.asked.length).toBeGreaterThanOrEqual(5);
  });

  it('is a timeout when nobody answers, and ends before the deadline does', async () => {
    const silent = await start(() => []);
    const { mapping, filtering } = await ask([silent.label], { deadlineMs: 400 });
    for (const record of [mapping, filtering]) {
      expect(record).toMatchObject({ outcome: 'timeout', error: { code: 'NO_ANSWER' } });
      expect(record.observation?.stun).toMatchObject([{ result: 'cut' }]);
    }
  });

  it('does not wait for a name that is never resolved', async () => {
    const server = await start();
    const lookup = () => new Promise<never>(() => undefined);
    const { mapping } = await ask([server.label, 'hanging.test'], { deadlineMs: 400, lookup });
    expect(mapping.outcome).toBe('ok');
    expect(mapping.observation?.stun).toContainEqual({
      server: 'hanging.test:3478',
      family: 4,
      result: 'unresolved',
      code: 'LOOKUP_TIMEOUT',
    });
  });

  it('is skipped in a family in which no server has an address', async () => {
    const { records } = await ask([(await start()).label]);
    expect(records.filter(({ family }) => family === 6)).toMatchObject([
      { outcome: 'skipped', error: { code: 'NO_ADDRESS' } },
      { outcome: 'skipped', error: { code: 'NO_ADDRESS' } },
    ]);
  });

  it('passes the code of a failed lookup on', async () => {
    const lookup = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    const { mapping } = await ask(['nowhere.test'], { lookup });
    expect(mapping).toMatchObject({ outcome: 'failed', error: { code: 'ENOTFOUND' } });
  });

  it('says so when this machine itself refuses to send', async () => {
    const { mapping } = await ask(['255.255.255.255:3478']);
    expect(mapping).toMatchObject({ outcome: 'failed', error: { code: expect.stringMatching(/^E/) } });
    expect(mapping.durationMs).toBeLessThan(1000);
  });
});

describe('filtering', () => {
  it('uses a socket of its own that writes to one address only', async () => {
    const [one, two] = [await start(), await start()];
    const { mapping, filtering, verdict } = await ask([one.label, two.label]);
    expect(filteringOf(filtering)).toMatchObject({
      fromOtherIp: 'arrived',
      fromOtherPort: 'arrived',
      isSteady: true,
    });
    expect(verdict.filtering.value).toBe('endpoint-independent');
    const locals = filtering.observation?.filterings?.map(({ local }) => local) ?? [];
    expect(new Set([...locals, addressesOf(mapping)[0]?.local]).size).toBe(3);
    for (const local of locals) {
      const reached = [one, two].filter(({ asked }) =>
        asked.some(({ from }) => formatSocketAddr(from) === local),
      );
      expect(reached).toHaveLength(1);
    }
  });

  it('asks two servers at most, each from one socket: some networks give a machine few flows', async () => {
    const servers = [await start(), await start(), await start(), await start()];
    const { filtering } = await ask(servers.map(({ label }) => label));
    expect(filtering.observation?.filterings).toHaveLength(2);
    const flows = servers.flatMap(({ asked }) => asked.map(({ from }) => formatSocketAddr(from)));
    expect(new Set(flows).size).toBe(3);
  });

  it('opens no socket for servers that name no other address', async () => {
    const servers = [await start((asked, self) => honest(asked, self, null)), await start(() => [])];
    const { filtering } = await ask(servers.map(({ label }) => label));
    expect(filtering).toMatchObject({ outcome: 'skipped', error: { code: 'NO_OTHER_ADDRESS' } });
    const flows = servers.flatMap(({ asked }) => asked.map(({ from }) => formatSocketAddr(from)));
    expect(new Set(flows).size).toBe(1);
  });

  it('calls silence what six requests did not bring, on a fast path too', async () => {
    const server = await start((asked, self) => (asked.change === null ? honest(asked, self) : []));
    const { filtering } = await ask([server.label]);
    expect(filteringOf(filtering)).toMatchObject({ fromOtherIp: 'silent', fromOtherPort: 'silent' });
    expect(server.asked.filter(({ change }) => change !== null)).toHaveLength(12);
  });

  it.each([
    ['nothing from elsewhere', [] as string[], 'address-and-port-dependent'],
    ['another port alone', ['otherPort'], 'address-dependent'],
    ['everything', ['otherPort', 'otherIp'], 'endpoint-independent'],
  ])('with %s coming in', async (_, open, expected) => {
    const server = await start((asked, self) =>
      honest(asked, self).filter(({ via }) => via === 'main' || open.includes(via)),
    );
    expect((await ask([server.label])).verdict.filtering.value).toBe(expected);
  });

  it('is unknown where the server refuses with 420, as coturn with one address does', async () => {
    const server = await start((asked, self) =>
      asked.change === null
        ? honest(asked, self)
        : [{ via: 'main', bytes: errorResponse(asked.transactionId, 420) }],
    );
    const { filtering, verdict } = await ask([server.label]);
    expect(filteringOf(filtering)).toMatchObject({ fromOtherIp: 'refused', fromOtherPort: 'refused' });
    expect(verdict.filtering).toMatchObject({ value: 'unknown', reason: expect.stringContaining('refused') });
  });

  it("is unknown where the server ignores the request, as coturn's aux servers do: no false full cone", async () => {
    const server = await start((asked, self) => honest({ ...asked, change: null }, self));
    const { filtering, verdict } = await ask([server.label]);
    expect(filteringOf(filtering)).toMatchObject({ fromOtherIp: 'ignored', fromOtherPort: 'ignored' });
    expect(verdict.filtering.value).toBe('unknown');
  });

  it.each([
    ['no other address', null],
    ['itself, as coturn does at its second address', 'main'],
    ['its own IP address with another port', 'otherPort'],
  ] as const)('asks for nothing where the server names %s', async (_, name) => {
    const server = await start((asked, self) =>
      honest(asked, self, name === null ? null : self.address(name)),
    );
    const { filtering, verdict } = await ask([server.label]);
    expect(filtering).toMatchObject({ outcome: 'skipped', error: { code: 'NO_OTHER_ADDRESS' } });
    expect(server.asked.every(({ change }) => change === null)).toBe(true);
    expect(verdict.filtering.value).toBe('unknown');
  });

  it('believes no silence on a path that loses datagrams', async () => {
    let controls = 0;
    const server = await start((asked, self) => {
      if (asked.change !== null) return [];
      const isControl = self.asked.some(
        ({ change, from }) => change !== null && from.port === asked.from.port,
      );
      if (isControl && controls++ === 0) return [];
      return honest(asked, self);
    });
    const { filtering, verdict } = await ask([server.label]);
    expect(filteringOf(filtering)).toMatchObject({ fromOtherIp: 'silent', isSteady: false });
    expect(verdict.filtering).toMatchObject({ value: 'unknown', reason: expect.stringContaining('lost') });
  });

  it('takes a silence that the deadline cut for no evidence', async () => {
    const server = await start((asked, self) => (asked.change === null ? honest(asked, self) : []));
    const { filtering, verdict } = await ask([server.label], { deadlineMs: 300 });
    expect(filteringOf(filtering)?.fromOtherIp).toBe('cut');
    expect(verdict.filtering).toMatchObject({ value: 'unknown', reason: expect.stringContaining('time') });
  });
});

describe('with address discovery beside it', () => {
  it('asks nothing before that has its answers', async () => {
    const headStart = new HeadStart();
    const [giveBack, giveBackToo] = [headStart.take(), headStart.take()];
    const server = await start();
    const running = ask([server.label], { headStart });
    giveBack();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(server.asked).toEqual([]);
    giveBackToo();
    expect((await running).mapping.outcome).toBe('ok');
  });

  it('waits no longer than a moment for a dead relay', async () => {
    const headStart = new HeadStart();
    headStart.take();
    const server = await start();
    const { mapping } = await ask([server.label], { headStart, deadlineMs: 2000 });
    expect(mapping.outcome).toBe('ok');
    expect(mapping.durationMs).toBeGreaterThanOrEqual(390);
  });

  it('is cut with the report', async () => {
    const headStart = new HeadStart();
    headStart.take();
    const server = await start();
    const { mapping } = await ask([server.label], { headStart, deadlineMs: 200 });
    expect(mapping.outcome).toBe('timeout');
    expect(server.asked).toEqual([]);
  });
});
