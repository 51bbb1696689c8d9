import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PeerPrinter } from '../../lib/cli/peer/print.js';
import { type PeerEvent, pauseAfter, tellAddress } from '../../lib/cli/peer/run-peer.js';
import { Shell, type ShellProcess } from '../../lib/cli/shell.js';
import type { PeerVisitEvent } from '../../lib/peer/index.js';
import type { Endpoint } from '../../lib/transport/index.js';
import {
  decodePeerFacts,
  type EndpointAddress,
  PEER_ALPN,
  PEER_HELLO,
  parseEndpointId,
  relayFromUrl,
} from '../../lib/wire/index.js';
import { IROH_RELAY, Programs, runsHere } from '../probes/qad/support/programs.js';
import { startPlainRelay } from '../probes/qad/support/relay.js';
import { FULL_REPORT } from '../report/support/full-report.js';
import { until } from '../support/fake-time.js';
import { freePort } from '../support/free-port.js';
import { Loopback } from '../support/loopback.js';
import { keyOf } from '../wire/support.js';
import { Program, type Run, type RunOptions } from './program.js';

const programs = new Programs();
const net = new Loopback();
const runs: Run[] = [];
let program: Program;
let folder: string;
beforeAll(async () => {
  program = await Program.build();
  folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-peer-'));
});
afterEach(async () => {
  for (const { process } of runs) process.kill('SIGKILL');
  await Promise.all(runs.splice(0).map(({ ended }) => ended));
  await net.closeAll();
});
afterAll(async () => {
  await programs.close();
  await program.remove();
  await rm(folder, { recursive: true });
});

function start(words: readonly string[], options: RunOptions = {}): Run {
  const run = program.start(['peer', ...words], { timeoutMs: 60_000, ...options });
  runs.push(run);
  return run;
}

async function visit(from: Endpoint, peer: EndpointAddress): Promise<unknown> {
  const connection = await from.connect(peer, PEER_ALPN);
  const stream = await connection.openStream();
  await stream.write(Buffer.from(PEER_HELLO));
  const read = decodePeerFacts((await stream.read(1024)) ?? new Uint8Array(0));
  await stream.write(Buffer.from('echo'));
  expect(Buffer.from(await stream.readExact(4)).toString()).toBe('echo');
  connection.close(0);
  return read?.facts;
}

function addressIn(text: string): EndpointAddress {
  const [id = '', url = ''] = text.split('@');
  return { id: parseEndpointId(id), relayUrls: [url], directAddrs: [] };
}

const mayRun = runsHere(IROH_RELAY, 'iroh-relay (cargo install iroh-relay --features server)');

describe.skipIf(!mayRun)('peer, with a real relay', () => {
  let relay: string;
  beforeAll(async () => {
    relay = await startPlainRelay(programs);
  });

  it('is found by the line that it prints, says who came and how, and ends by Ctrl-C with 0', async () => {
    const run = start(['--relay', relay]);
    const [, printed = ''] = await run.until(/^Peer: ([0-9a-f]{64}@http\S+)$/m);
    expect(printed.endsWith(`@${relay}`)).toBe(true);
    expect(run.stdout).toContain(`\n  npx iroh-net-diagnostics report --relay ${relay} --peer ${printed}\n`);
    expect(run.stderr).toMatch(/^Waiting for a relay …\n/);

    const visitor = await net.bind({ relays: [relay] });
    expect(await visit(visitor, addressIn(printed))).toEqual({ isWell: null });
    const [line] = await run.until(new RegExp(`^.*${visitor.id.slice(0, 10)}.*\n`, 'm'));
    expect(line).toMatch(
      /^\d{4}-\d\d-\d\dT\S+Z {2}[0-9a-f]{10} came (directly \(\S+:\d+\)|through the relay http\S+ alone), \d\.\d s\n$/,
    );

    await run.until(/own report: [A-Z]+: .*\n/, 20_000);
    // This relay has no address discovery, so the report is not green.
    expect(await visit(visitor, addressIn(printed))).toEqual({ isWell: false });
    expect(run.stderr).toContain('proves nothing about the other machine');

    const stoppedAt = performance.now();
    run.process.kill('SIGINT');
    expect((await run.ended).code).toBe(0);
    expect(performance.now() - stoppedAt).toBeLessThan(5_000);
  });

  it('speaks JSON, keeps its id in a file, and takes its relays from the variable', async () => {
    const keyFile = join(folder, 'peer.key');
    const ids = new Set<string>();
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
      const env = { NET_DIAGNOSTICS_RELAYS: `${relay}?quicPort=none` };
      const run = start(['--json', '--secret-key-file', keyFile], { env });
      await run.until(/"type":"online".*\n/);
      const online = JSON.parse(run.stdout.split('\n')[0] ?? '') as { peer: string; report: string };
      expect(online).toEqual({
        type: 'online',
        peer: expect.stringMatching(/^[0-9a-f]{64}@http/),
        report: `npx iroh-net-diagnostics report --relay ${relay} --peer ${online.peer}`,
      });
      const visitor = await net.bind({ relays: [relay] });
      await visit(visitor, addressIn(online.peer));
      const [line] = await run.until(/^.*"type":"visit".*$/m);
      expect(JSON.parse(line)).toEqual({
        type: 'visit',
        remoteId: visitor.id,
        outcome: 'served',
        path: expect.stringMatching(/^(direct|relayed)$/),
        remoteAddr: expect.any(String),
        echoedBytes: 4,
        at: expect.any(Number),
        durationMs: expect.any(Number),
      });
      run.process.kill(signal);
      expect((await run.ended).code).toBe(0);
      ids.add(online.peer);
    }
    expect(ids.size).toBe(1);
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
  });
});

describe('peer', () => {
  it('needs a relay, by which it is found', async () => {
    const message = "A peer is found by its relay: add --relay URL, or --relay n0 for n0's public relays.\n";
    expect(await start([]).ended).toMatchObject({ code: 64, stdout: '', stderr: message });
  });

  it.each<[string[], RegExp]>([
    [['--relay', 'ftp://relay.test'], /^--relay: .*no http or https URL/],
    [['--relay', 'http://127.0.0.1:9', '--stun', ':'], /^--stun: /],
    [
      ['--relay', 'http://127.0.0.1:9', '--secret-key-file', 'a'.repeat(64)],
      /^--secret-key-file was .*secret/,
    ],
  ])('refuses %j', async (words, message) => {
    expect(await start(words).ended).toMatchObject({
      code: 64,
      stdout: '',
      stderr: expect.stringMatching(message),
    });
  });

  it('cannot start with a key file that holds no key', async () => {
    const words = ['--relay', 'http://127.0.0.1:9', '--secret-key-file', import.meta.filename];
    expect(await start(words).ended).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/holds no key/),
    });
  });

  it('goes on without a relay that can be used, and says what to do', { tags: ['slow'] }, async () => {
    const relay = `http://127.0.0.1:${await freePort()}/`;
    const run = start(['--relay', relay, '--json']);
    await run.until(/"type":"not-online"/, 20_000);
    await until(() => run.stderr.endsWith(`${relay}\n`));
    expect(run.stderr).toMatch(
      /^Waiting for a relay …\nNot online: .* goes on trying.* report --relay http\S+\n$/,
    );
    run.process.kill('SIGTERM');
    expect((await run.ended).code).toBe(143);
  });
});

describe('the address of a peer', () => {
  it('names all its relays, the home relay first, since iroh may move to another one', async () => {
    const { id } = keyOf(5);
    const homes = [undefined, undefined, 'https://b.example/', 'https://a.example/'];
    const told: PeerEvent[] = [];
    const endpoint = {
      address: () => {
        const home = homes.shift();
        const directAddrs = [{ family: 4 as const, ip: '192.0.2.1', port: 7 }];
        return { id, relayUrls: home === undefined ? [] : [home], directAddrs };
      },
    };
    const relays = ['a', 'b', 'c'].map((name) => relayFromUrl(`https://${name}.example`));
    await tellAddress(endpoint, relays, (event) => told.push(event), new AbortController().signal);
    const relayUrls = ['https://b.example/', 'https://a.example/', 'https://c.example/'];
    expect(told).toEqual([{ type: 'online', address: { id, relayUrls, directAddrs: [] } }]);
  });
});

describe('what a peer prints', () => {
  function printed(isJson: boolean, relays: readonly string[] = ['n0']) {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const shell = new Shell({ env: {}, stdout, stderr } as unknown as ShellProcess);
    const printer = new PeerPrinter(shell, isJson, relays);
    const read = (stream: PassThrough) => String(stream.read() ?? '');
    return { printer, out: () => read(stdout), err: () => read(stderr) };
  }

  const { id } = keyOf(5);
  const came: PeerVisitEvent = {
    ...{ remoteId: id, outcome: 'served', path: 'direct', remoteAddr: '192.0.2.1:7', echoedBytes: 4 },
    ...{ at: Date.UTC(2026, 0, 2), durationMs: 1234 },
  };

  it('of a visit is who came, what became of it, and by which path', () => {
    const { printer, out } = printed(false);
    const visits: [Partial<PeerVisitEvent>, string][] = [
      [{}, 'came directly (192.0.2.1:7), 1.2 s'],
      [
        { path: 'relayed', remoteAddr: 'https://a.example/' },
        'came through the relay https://a.example/ alone, 1.2 s',
      ],
      [{ outcome: 'aborted', path: null, remoteAddr: null }, 'came, 1.2 s: it left before it said hello'],
      [{ outcome: 'busy' }, 'came directly (192.0.2.1:7), 1.2 s: it gave way to a newer visit'],
      [{ outcome: 'timed-out' }, 'came directly (192.0.2.1:7), 1.2 s: it stayed too long, and was closed'],
      [
        { outcome: 'bad-request' },
        'came directly (192.0.2.1:7), 1.2 s: turned away, it said what no report says',
      ],
    ];
    for (const [change, text] of visits) {
      printer.print({ type: 'visit', visit: { ...came, ...change } });
      expect(out()).toBe(`2026-01-02T00:00:00.000Z  ${id.slice(0, 10)} ${text}\n`);
    }
  });

  it('is bounded, however many strangers come', () => {
    for (const isJson of [false, true]) {
      const { printer, out } = printed(isJson);
      for (let count = 0; count < 10_000; count += 1) printer.print({ type: 'visit', visit: came });
      expect(out().split('\n').length - 1).toBeLessThan(70);
    }
  });

  it('of its own report is said when it changes; with --json, always', () => {
    const [text, json] = [printed(false), printed(true)];
    const green = { ...FULL_REPORT, summary: { ...FULL_REPORT.summary, colour: 'green' as const } };
    for (const { printer } of [text, json])
      for (const isWell of [true, true]) printer.print({ type: 'report', report: green, isWell });
    expect(text.out()).toBe(
      `${green.startedAt}  This machine's own report: GREEN: ${green.summary.sentence}\n`,
    );
    expect(json.out().split('\n')).toHaveLength(3);
    expect(text.err()).toBe('');
  });

  it('of its own report warns where a path to this machine proves little', () => {
    const { verdict } = FULL_REPORT;
    const mapping = { ...verdict.ipv4.mapping, value: 'none' as const };
    const open = { ...FULL_REPORT, verdict: { ...verdict, ipv4: { ...verdict.ipv4, mapping } } };
    const { printer, err } = printed(false);
    printer.print({ type: 'report', report: open, isWell: true });
    expect(err()).toMatch(/public address of its own.*behind a router or a firewall/);
    printer.print({
      type: 'report',
      report: { ...open, summary: { ...open.summary, sentence: 'x' } },
      isWell: null,
    });
    expect(err()).toMatch(/proves nothing about the other machine/);
  });

  it('of its own report comes sooner after one that could tell nothing', () => {
    expect(pauseAfter(null)).toBeLessThan(pauseAfter(true) / 5);
    expect(pauseAfter(false)).toBe(pauseAfter(true));
  });

  it('of its address can be pasted into a shell', () => {
    const relays = ["https://a.example/?a=1&b='c'", 'n0'];
    const { printer, out } = printed(false, relays);
    printer.print({
      type: 'online',
      address: { id, relayUrls: ['https://a.example/?a&b'], directAddrs: [] },
    });
    expect(out()).toContain(
      `report --relay 'https://a.example/?a=1&b='\\''c'\\''' --relay n0 --peer '${id}@https://a.example/?a&b'\n`,
    );
  });
});
