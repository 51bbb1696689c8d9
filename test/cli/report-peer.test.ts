import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openPeers, relaysOf } from '../../lib/cli/report/peers.js';
import { Progress } from '../../lib/cli/report/progress.js';
import type { ProbeEvent } from '../../lib/diagnose/index.js';
import type { LocalReport } from '../../lib/index.js';
import { SecretKey } from '../../lib/wire/index.js';
import { IROH_RELAY, Programs, runsHere } from '../probes/qad/support/programs.js';
import { startPlainRelay } from '../probes/qad/support/relay.js';
import { HttpRelay } from '../support/http-relay.js';
import { Program, type Run } from './program.js';

const ID = SecretKey.fromBytes(new Uint8Array(32).fill(5)).id;

let program: Program;
beforeAll(async () => {
  program = await Program.build();
});
afterAll(() => program.remove());

const programs = new Programs();
const runs: Run[] = [];
afterEach(async () => {
  for (const run of runs.splice(0)) {
    run.process.kill('SIGKILL');
    await run.ended;
  }
  await programs.close();
});

function start(words: readonly string[], env: Record<string, string> = {}): Run {
  const run = program.start(words, { env });
  runs.push(run);
  return run;
}

const mayRelay = runsHere(IROH_RELAY, 'iroh-relay (cargo install iroh-relay --features server)');

describe.skipIf(!mayRelay)('report --peer', () => {
  /** A peer as a user runs it; its address, as it prints it. */
  async function peer(url: string): Promise<string> {
    const { stdout } = { stdout: await start(['peer', '--relay', url]).until(/[0-9a-f]{64}@\S+/) };
    return stdout[0];
  }

  it('tries the peer that the other machine has printed, and asks its relay', {
    tags: ['slow'],
  }, async () => {
    const url = await startPlainRelay(programs);
    const address = await peer(url);
    const { code, stdout, stderr } = await start([
      ...['report', '--peer', address, '--probe', 'peer', '--probe', 'https', '--json'],
    ]).ended;
    expect(stderr).toBe('');
    const local = JSON.parse(stdout) as LocalReport;
    expect(code).toBeLessThan(4);
    expect(local.deadlineMs).toBe(10_000);
    expect(local.settings.relays.map((relay) => relay.url)).toEqual([url]);
    const record = local.probes.find(({ probe }) => probe === 'peer');
    expect(record?.observation?.peers).toMatchObject([{ peer: address.slice(0, 64), reached: 'direct' }]);
  });

  it('keeps its endpoint over a watch, and ends at Ctrl-C in the middle of a trial', {
    tags: ['slow'],
  }, async () => {
    const url = await startPlainRelay(programs);
    const address = await peer(url);
    const run = start(['report', '--watch=1', '--probe', 'peer', '--json'], {
      NET_DIAGNOSTICS_PEERS: address,
    });
    await run.until(/"reached":"direct"[\s\S]*\n[\s\S]*"reached":"direct"/, 15_000);
    // Within the pause of a second, or the trial after it.
    await new Promise((resolve) => setTimeout(resolve, 1300));
    const interruptedAt = performance.now();
    run.process.kill('SIGINT');
    await run.ended;
    expect(performance.now() - interruptedAt).toBeLessThan(1500);
  });
});

describe('report with a peer that is not there', () => {
  it('says so in the report, and is not kept by the dial that goes on', { tags: ['slow'] }, async () => {
    const relay = await HttpRelay.start();
    try {
      const { code, stdout, durationMs } = await start([
        ...['report', '--peer', `${ID}@${relay.url}`, '--probe', 'peer', '--json'],
      ]).ended;
      const local = JSON.parse(stdout) as LocalReport;
      expect(local.probes[0]?.observation?.peers).toMatchObject([{ peer: ID, reached: 'unreached' }]);
      expect(code).toBe(3);
      // Four seconds for a relay of its own, four for the dial.
      expect(durationMs).toBeLessThan(11_000);
    } finally {
      await relay.stop();
    }
  });

  it('that is no peer is refused by its word', async () => {
    const words = ['report', '--peer', 'https://relay.example'];
    const { code, stderr } = await start(words).ended;
    expect({ code, stderr }).toEqual({
      code: 64,
      stderr: expect.stringMatching(/^--peer: The setting `peers`/),
    });
  });

  it('is not dialled when that probe shall not run, and this is said', async () => {
    const words = ['report', '--peer', `${ID}@https://relay.invalid`, '--probe', 'route', '--json'];
    const { stdout, stderr } = await start(words).ended;
    expect(stderr).toContain('No peer is tried');
    expect((JSON.parse(stdout) as LocalReport).probes.every(({ probe }) => probe === 'route')).toBe(true);
    expect(stderr).not.toContain('No relay is named');
  });
});

describe('peers of the command line', () => {
  it('load nothing when there are none', async () => {
    const loadBinding = () => Promise.reject(new Error('loaded'));
    const opened = await openPeers({ peers: [], relays: [], loadBinding });
    expect(opened.peers).toEqual([]);
    await opened.close();
  });

  it('bring their relays, each once', () => {
    const at = (...relayUrls: string[]) => ({ id: ID, relayUrls, directAddrs: [] });
    expect(relaysOf([at('https://a.test/'), at(), at('https://b.test/', 'https://a.test/')])).toEqual(
      ['https://a.test/', 'https://b.test/'].map((url) => ({ url, quicPort: undefined, auth: null })),
    );
  });
});

describe('the progress line', () => {
  it('names peers as soon as only they are waited for', () => {
    const progress = new Progress();
    const event = (phase: ProbeEvent['phase'], ref: string, done: number) =>
      progress.line({ phase, ref, done, total: 2 });
    expect(event('started', 'upnp', 0)).toBe('0/2 probes done, upnp');
    expect(event('started', 'peer 3f9a1b2c3d', 0)).toBe('0/2 probes done, peer 3f9a1b2c3d');
    expect(event('ended', 'upnp', 1)).toBe('1/2 probes done, peer 3f9a1b2c3d: waiting for a direct path');
    expect(event('ended', 'peer 3f9a1b2c3d', 2)).toBe('2/2 probes done, peer 3f9a1b2c3d');
  });
});
