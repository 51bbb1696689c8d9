import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalReport } from '../../lib/report/index.js';
import { runChild } from '../support/child.js';
import { compiles } from '../support/compiler.js';

const AF_NETLINK = '16';

async function reportOf(source: string, enter: readonly string[]): Promise<LocalReport> {
  const { stdout, stderr } = await runChild(source, { enter });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as LocalReport;
}

describe.skipIf(!compiles())('in a service that may not speak netlink', () => {
  const folder = mkdtempSync(join(tmpdir(), 'net-diagnostics-hardened-'));
  const program = join(folder, 'without-family');
  beforeAll(() => {
    execFileSync('cc', ['-o', program, join(import.meta.dirname, 'support', 'without-family.c')]);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('routes are known all the same, and nothing is said of interfaces', async () => {
    const report = await reportOf(
      `import { networkInterfaces } from 'node:os';
       import { diagnose } from './lib/diagnose/index.js';
       let isTold = true;
       try { networkInterfaces(); } catch { isTold = false; }
       if (isTold) throw new Error('the interfaces are told');
       const relays = [{ url: 'http://127.0.0.1:9/', quicPort: null }];
       console.log(JSON.stringify(await diagnose({ relays, deadline: 1500, environment: { env: {} } })));`,
      [program, AF_NETLINK],
    );
    const relay = report.probes.find(({ ref }) => ref.startsWith('route http'));
    expect(relay).toMatchObject({ outcome: 'ok', observation: { routes: [{ sourceIp: '127.0.0.1' }] } });
    expect(JSON.stringify(report)).not.toMatch(/uv_interface_addresses|ERR_SYSTEM_ERROR/);
  });
});

describe.skipIf(process.platform === 'win32')('in a process that may open no more files', () => {
  it('the report says so, and ends', async () => {
    const report = await reportOf(
      `import { openSync } from 'node:fs';
       import { diagnose } from './lib/diagnose/index.js';
       // Once before, so that its code is loaded.
       await diagnose({ probes: ['route'], deadline: 500, environment: { env: {} } });
       const held = [];
       try { for (;;) held.push(openSync('/dev/null')); } catch {}
       const relays = [{ url: 'https://192.0.2.10/' }, { url: 'https://192.0.2.20/' }];
       console.log(JSON.stringify(await diagnose({ relays, deadline: 1500, environment: { env: {} } })));`,
      ['sh', '-c', 'ulimit -n 200; exec "$@"', 'sh'],
    );
    expect(report.verdict.relayProblem).toMatchObject({
      kind: 'too-many-files',
      reason: 'this process may open no more files (EMFILE)',
    });
    expect(report.summary.sentence).toMatch(/files/);
  });
});
