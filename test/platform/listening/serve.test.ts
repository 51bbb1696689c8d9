import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Program, type Run } from '../../cli/program.js';
import { TestCa } from '../../probes/support/test-ca.js';
import { until } from '../../support/fake-time.js';

let program: Program;
let ca: TestCa;
let folder: string;
const runs: Run[] = [];
beforeAll(async () => {
  [program, ca] = await Promise.all([Program.build('platform/cli/main.ts'), TestCa.create()]);
  folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-serve-'));
});
afterEach(async () => {
  for (const { process } of runs) process.kill('SIGKILL');
  await Promise.all(runs.splice(0).map(({ ended }) => ended));
});
afterAll(async () => {
  await program.remove();
  await ca.remove();
  await rm(folder, { recursive: true, force: true });
});

function start(...words: string[]): Run {
  const run = program.start(words, { timeoutMs: 60_000 });
  runs.push(run);
  return run;
}

function nameAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

describe('serve with a file of settings and TLS', () => {
  it('is asked by the other commands, takes a new certificate at SIGHUP, and ends at SIGTERM', async () => {
    const put = async (name: string) => {
      const { cert, key } = await ca.issue(name, 'DNS:fleet.test', 30);
      await writeFile(join(folder, 'cert.pem'), cert);
      await writeFile(join(folder, 'key.pem'), key);
    };
    await put('first.test');
    const file = join(folder, 'platform.yaml');
    await writeFile(
      file,
      'data: state\ntls-cert: cert.pem\ntls-key: key.pem\npublic-url: https://fleet.test/\nhost: [127.0.0.1]\n',
    );
    const run = start('serve', '--config', file);
    await run.until(/^Dashboard {2}https:\/\/fleet\.test\/$/m);
    const note = JSON.parse(await readFile(join(folder, 'state', 'running.json'), 'utf8')) as { url: string };
    const port = Number(new URL(note.url).port);
    expect(note.url).toMatch(/^https:\/\/127\.0\.0\.1:/);

    const secret = await start('secret', '--config', file).ended;
    expect(secret).toMatchObject({ code: 0, stderr: '' });
    expect(secret.stdout).toMatch(/^IROH_SERVICES_API_SECRET=services/);
    expect(await start('healthcheck', '--config', file).ended).toMatchObject({ code: 0 });

    expect(await nameAt(port)).toBe('first.test');
    await put('second.test');
    run.process.kill('SIGHUP');
    await until(async () => (await nameAt(port)) === 'second.test', 5_000);
    run.process.kill('SIGTERM');
    expect(await run.ended).toMatchObject({ code: 0 });
  });

  it('ends with 78 and one line for each problem, before anything is opened', async () => {
    const file = join(folder, 'wrong.yaml');
    await writeFile(file, 'dashbord-port: 1\nport: x\ndata: never\n');
    for (const command of ['serve', 'config', 'secret']) {
      const { code, stdout, stderr } = await start(command, '--config', file).ended;
      expect([command, code, stdout]).toEqual([command, 78, '']);
      expect(stderr).toBe(
        '`dashbord-port` (wrong.yaml, line 1) is not known. Did you mean dashboard-port?\n' +
          '`port` (wrong.yaml, line 2) was "x"; it must be a port from 0 to 65535.\n',
      );
    }
    const plain = await start('serve', '--host', '0.0.0.0', '--data', join(folder, 'never')).ended;
    expect(plain.code).toBe(78);
    expect(plain.stderr).toMatch(/^`host` \(--host\) goes beyond loopback/);
  });

  it('config says what counts and where it comes from, shows no secret, and prints what is a file again', async () => {
    const file = join(folder, 'good.yaml');
    await writeFile(file, 'dashboard-port: 1\nkeep: { reports: { days: 3 } }\nport: 7\n');
    const env = {
      IROH_PLATFORM_DATABASE: 'postgres://platform:hunter2@db.test/fleet',
      IROH_PLATFORM_DASHBOARD_TOKEN: 'hunter2-hunter2-hunter2-hunter2-hunter2',
    };
    const shown = program.start(['config', '--config', file, '--port', '9'], { env });
    const { code, stdout } = await shown.ended;
    expect(code).toBe(0);
    expect(stdout).not.toContain('hunter2');
    expect(stdout).toMatch(/^dashboard-port: 1 +# good\.yaml, line 1$/m);
    expect(stdout).toMatch(/^port: 9 +# --port$/m);
    expect(stdout).toMatch(/^keep: \{"reports\.days":3\} +# good\.yaml, line 2$/m);
    expect(stdout).toMatch(
      /^# database: "postgres:\/\/platform:hidden@db\.test\/fleet" +# IROH_PLATFORM_DATABASE$/m,
    );
    expect(stdout).toMatch(/^# identities: 4 +# default$/m);
    const again = join(folder, 'again.yaml');
    await writeFile(again, stdout);
    const second = await program.start(['config', '--json', '--config', again]).ended;
    expect(JSON.parse(second.stdout)).toMatchObject({
      port: { value: 9 },
      keep: { value: { 'reports.days': 3 } },
    });
  });
});
