import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { changesOf } from '../../lib/cli/report/changes.js';
import { reportPlan } from '../../lib/cli/report/settings.js';
import { exitCodeOf } from '../../lib/cli/report-command.js';
import { diagnose, type LocalReport } from '../../lib/index.js';
import type { PeerReached } from '../../lib/report/index.js';
import { HttpRelay } from '../support/http-relay.js';
import { QUIET_ENV } from '../support/quiet-probes.js';
import { Program, type Run } from './program.js';

let program: Program;
beforeAll(async () => {
  program = await Program.build();
});
afterAll(() => program.remove());

const relays: HttpRelay[] = [];
const runs: Run[] = [];
afterEach(async () => {
  for (const run of runs.splice(0)) {
    run.process.kill('SIGKILL');
    await run.ended;
  }
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
});

async function relay(delayMs?: number): Promise<HttpRelay> {
  const started = await HttpRelay.start(delayMs);
  relays.push(started);
  return started;
}

function start(words: readonly string[], env: Record<string, string> = QUIET_ENV): Run {
  const run = program.start(['report', ...words], { env });
  runs.push(run);
  return run;
}

const report = (words: readonly string[], env?: Record<string, string>) => start(words, env).ended;

describe('report', () => {
  it('prints one text on standard output, and nothing else anywhere', async () => {
    const { url } = await relay();
    const { code, stdout, stderr } = await report(['--relay', url]);
    expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
    expect(stdout).toMatch(/^GREY: The relays answer over HTTPS; whether UDP works is unknown: /);
    expect(stdout).toContain(`${url}  HTTPS `);
    expect(stdout).not.toContain('\x1b');
  });

  it('prints one JSON document, of the relays that are named in words or variable', async () => {
    const [one, two] = [await relay(), await relay()];
    const fromWords = await report(['--relay', one.url, '--relay', two.url, '--json']);
    const fromEnv = await report(['--json'], {
      ...QUIET_ENV,
      NET_DIAGNOSTICS_RELAYS: `${one.url},${two.url}`,
      // Of no concern to a report.
      IROH_SERVICES_API_SECRET: 'broken',
      NET_DIAGNOSTICS_ENABLED: 'false',
    });
    for (const { stdout, stderr } of [fromWords, fromEnv]) {
      const local = JSON.parse(stdout) as LocalReport;
      expect(stderr).toBe('');
      expect(local.settings.relays.map(({ url }) => url)).toEqual([one.url, two.url]);
      expect(local.verdict.relays.map(({ answered }) => answered)).toEqual([true, true]);
    }
  });

  it('takes the port of address discovery from a relay’s URL, and says which one is wrong', async () => {
    const { url } = await relay();
    const { stdout } = await report(['--relay', `${url}?quicPort=none`, '--probe', 'https', '--json']);
    const { settings, verdict } = JSON.parse(stdout) as LocalReport;
    expect(settings.relays).toEqual([{ url, quicPort: null, isQuicPortKnown: true }]);
    expect(verdict.relays[0]?.answered).toBe(true);

    const unsaid = await report(['--relay', url, '--probe', 'https', '--json']);
    expect((JSON.parse(unsaid.stdout) as LocalReport).settings.relays).toEqual([
      { url, quicPort: 7842, isQuicPortKnown: false },
    ]);
    const wrong = await report(['--relay', `${url}?quicPort=0`]);
    expect([wrong.code, wrong.stderr]).toEqual([64, expect.stringMatching(/^--relay: .*quicPort.*65535/)]);
  });

  it('asks nobody who is not named, and says how to name relays', async () => {
    const { code, stdout, stderr } = await report(['--json']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^No relay is named, .* --relay n0 for n0's public relays\.\n$/);
    const local = JSON.parse(stdout) as LocalReport;
    expect(local.settings.relays).toEqual([]);
    expect(new Set(local.probes.map(({ probe }) => probe))).toEqual(new Set(['route']));
  });

  it("asks n0's relays only by that word, beside others", async () => {
    const words = { stun: undefined, probe: undefined, deadline: undefined };
    const both = await reportPlan({ ...words, relay: ['https://relay.test', 'n0'] }, {});
    const urls = both.relays.map(({ url }) => url);
    expect(urls[0]).toBe('https://relay.test/');
    expect(urls.length).toBeGreaterThan(2);
    expect(urls.every((url) => url.startsWith('https://'))).toBe(true);
    const none = await reportPlan({ ...words, relay: undefined }, { NET_DIAGNOSTICS_NETWORK: 'n0' });
    expect(none.relays).toEqual([]);
  });

  it('runs the probes that are named alone, within the deadline that is given', async () => {
    const slow = await relay(5_000);
    const words = ['--relay', slow.url, '--probe', 'https', '--deadline', '300', '--json'];
    const { code, stdout, durationMs } = await report(words, {});
    const local = JSON.parse(stdout) as LocalReport;
    expect(local.probes.map(({ probe, outcome }) => [probe, outcome])).toEqual([['https', 'timeout']]);
    expect([code, local.deadlineMs, local.endedBy]).toEqual([3, 300, 'deadline']);
    expect(durationMs).toBeLessThan(3_000);
  });

  it('redacts', async () => {
    const { url } = await relay();
    for (const words of [['--json'], []]) {
      const { stdout } = await report(['--relay', url, '--redact', ...words]);
      expect(stdout).not.toContain('127.0.0.1');
      expect(stdout).toContain('-ipv4-1');
    }
  });

  it('says which word or variable is wrong, with 64 or 70', async () => {
    const probe = await report(['--probe', 'rout']);
    expect([probe.code, probe.stderr]).toEqual([64, expect.stringContaining('did you mean "route"')]);
    expect(probe.stderr).toMatch(/^--probe: /);
    const words = await report(['--relay', 'relay.test']);
    expect([words.code, words.stderr]).toEqual([64, expect.stringMatching(/^--relay: .*URL/)]);
    const variable = await report([], { NET_DIAGNOSTICS_RELAYS: 'relay.test' });
    expect([variable.code, variable.stdout]).toEqual([70, '']);
    expect(variable.stderr).toMatch(/^The setting NET_DIAGNOSTICS_RELAYS/);
  });

  it('ends with a code that tells the colour', () => {
    const codes = (['green', 'orange', 'red', 'grey'] as const).map((colour) =>
      exitCodeOf({ summary: { colour, sentence: '', nextSteps: [] } }),
    );
    expect(codes).toEqual([0, 1, 2, 3]);
  });

  it('paints only where it is told to', async () => {
    const { stdout } = await report([], { ...QUIET_ENV, FORCE_COLOR: '1', NO_COLOR: '1' });
    expect(stdout).toContain('\x1b[90mGREY: ');
    expect((await report([], { ...QUIET_ENV, FORCE_COLOR: '0' })).stdout).toMatch(/^GREY: /);
  });

  it('ends at once on Ctrl-C, with nothing on standard output', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    const asked = once(silent, 'connection');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const run = start(['--relay', `http://127.0.0.1:${port}`, '--deadline', '60000']);
    await asked;
    const startedAt = performance.now();
    run.process.kill('SIGINT');
    expect(await run.ended).toMatchObject({ code: 130, stdout: '', stderr: '' });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    silent.close();
  });

  it('is no crash when nobody reads on', async () => {
    const run = start(['--json']);
    run.process.stdout.destroy();
    const { code, stderr } = await run.ended;
    expect([3, 141]).toContain(code);
    expect(stderr).toMatch(/^No relay is named, .*\n$/);
  });
});

describe.runIf(existsSync('/dev/full'))('a report that cannot be written', () => {
  const intoFullDisk = (words: string, streams: string) =>
    promisify(execFile)('sh', ['-c', `"$0" main.mjs ${words} ${streams}`, process.execPath], {
      cwd: program.folder,
      env: { PATH: process.env.PATH, ...QUIET_ENV },
    }).then(
      () => ({ code: 0, stderr: '' }),
      ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr }),
    );

  it.each(['report', 'report --json', 'report --watch=1 --json'])(
    'is none, whatever its colour: %s',
    async (words) => {
      const { code, stderr } = await intoFullDisk(words, '> /dev/full');
      expect(code).toBe(70);
      expect(stderr).toMatch(/\nStandard output cannot be written: ENOSPC: [^\n]*\n$/);
    },
  );

  it('is one when only the remarks cannot be', async () => {
    expect(await intoFullDisk('report', '2> /dev/full')).toEqual({ code: 3, stderr: '' });
  });
});

describe('report --watch', () => {
  it('prints one document a line with --json, and ends well on Ctrl-C', async () => {
    const { url } = await relay();
    const run = start(['--relay', url, '--json', '--watch=1']);
    await run.until(/\n.*\n/);
    run.process.kill('SIGINT');
    const { code, stdout, stderr } = await run.ended;
    expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
    const reports = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as LocalReport);
    expect(reports.length).toBeGreaterThanOrEqual(2);
    expect(reports.every(({ version }) => version === 1)).toBe(true);
  });

  it('marks what has changed', async () => {
    const watched = await relay();
    const run = start(['--relay', watched.url, '--watch', '1']);
    await run.until(/nothing changed/);
    await watched.stop();
    await run.until(/ {2}\* .*: answers -> silent/);
    run.process.kill('SIGTERM');
    const { code, stdout } = await run.ended;
    expect(code).toBe(3);
    expect(stdout).toContain(`  * ${watched.url}: answers -> silent\n`);
    expect(stdout.match(/^NAT type/gm)).toHaveLength(1);
  });

  it('ends when nobody reads on', async () => {
    const run = start(['--watch=1', '--json']);
    await once(run.process.stdout, 'data');
    run.process.stdout.destroy();
    expect(await run.ended).toMatchObject({ code: 3 });
  });

  it('names the peer that is reached in another way than before', async () => {
    const local = await diagnose({ probes: ['route'] });
    const seen = (reached: PeerReached, value: 'yes' | 'unknown'): LocalReport => ({
      ...local,
      probes: [
        {
          ...{ ref: 'peer 3f3f3f3f3f', probe: 'peer', outcome: 'ok', startedMs: 0, durationMs: 1 },
          observation: { peers: [{ peer: '3f'.repeat(32), reached, watchedMs: 6000 }] },
        },
      ],
      verdict: { ...local.verdict, peer: { ...local.verdict.peer, value } },
    });
    expect(changesOf(seen('direct', 'yes'), seen('direct', 'yes'))).toEqual([]);
    expect(changesOf(seen('unreached', 'unknown'), seen('direct', 'yes'))).toEqual([
      { name: 'Peer', before: 'unknown', after: 'yes' },
      { name: 'Peer 3f3f3f3f3f', before: 'unreached', after: 'direct' },
    ]);
  });

  it('takes no change of a port, a time or a latency for a change', async () => {
    const local = await diagnose({ probes: ['route'] });
    const seen = (value: string | null): LocalReport => ({
      ...local,
      startedAt: new Date().toISOString(),
      durationMs: 7,
      verdict: {
        ...local.verdict,
        ipv4: { ...local.verdict.ipv4, publicAddress: { value, reason: '', evidence: [] } },
      },
    });
    expect(changesOf(seen('192.0.2.1:1000'), seen('192.0.2.1:2000'))).toEqual([]);
    expect(changesOf(seen('192.0.2.1:1000'), seen('192.0.2.2:1000'))).toEqual([
      { name: 'IPv4 address', before: '192.0.2.1', after: '192.0.2.2' },
    ]);
    expect(changesOf(seen('192.0.2.1:1000'), seen(null))).toEqual([
      { name: 'IPv4 address', before: '192.0.2.1', after: 'unknown' },
    ]);
  });
});
