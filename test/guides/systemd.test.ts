import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestPlatform } from '../../lib/testing/index.js';
import { startChild } from '../support/child.js';
import { until } from '../support/fake-time.js';
import { MarkdownPage, ROOT } from '../support/markdown.js';
import { systemdAnalyze } from '../support/systemd.js';

const analyze = systemdAnalyze();
const [unit = '', template = ''] = MarkdownPage.read('docs/guides/systemd.md')
  .fences.filter(({ language }) => language === 'ini')
  .map(({ code }) => code);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-systemd-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(analyze === null)('systemd, asked about the unit of the guide', () => {
  /** What `systemd-analyze verify` complains of. */
  const complaints = async (name: string, text: string): Promise<string> => {
    const file = join(folder, name);
    // Where Node is on this machine.
    await writeFile(file, text.replace('/usr/bin/node', process.execPath));
    const done = await promisify(execFile)(analyze ?? '', ['verify', '--man=no', file]).catch(
      (error: { stderr: string }) => error,
    );
    return done.stderr;
  };
  /** The section of the template in the place of the lines of the same name. */
  const asTemplate = () => {
    const keyOf = (line: string) => /^(Environment=\w+|\w+)=/.exec(line)?.[1];
    const lines = template.split('\n').filter((line) => keyOf(line) !== undefined);
    return unit
      .split('\n')
      .map((line) => lines.find((other) => keyOf(other) === keyOf(line) && keyOf(line) !== undefined) ?? line)
      .join('\n');
  };

  it('finds nothing wrong with it, nor with the template', async () => {
    expect(await complaints('my-app.service', unit)).toBe('');
    expect(asTemplate()).toContain('StateDirectory=my-app/%i');
    expect(await complaints('my-app@one.service', asTemplate())).toBe('');
  });

  it('would find a directive that is misspelt', async () => {
    const wrong = unit.replace('StateDirectory=', 'StateFolder=');
    expect(await complaints('my-app.service', wrong)).toContain('StateFolder');
  });
});

describe('the environment that the unit gives', () => {
  it('makes an app that answers the button, and is the same endpoint after a restart', async () => {
    const platform = await TestPlatform.start({ timeoutMs: 20_000 });
    try {
      const { IROH_SERVICES_API_SECRET = '', ...quiet } = platform.env;
      const credentials = join(folder, 'credentials');
      const state = join(folder, 'state');
      const specifiers: Record<string, string> = { '%H': hostname(), '%S': state, '%d': credentials };
      const given = [...unit.matchAll(/^Environment=(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [
        name,
        value.replaceAll(/%\w/g, (specifier) => specifiers[specifier] ?? specifier),
      ]);
      const [, credential = ''] = /^LoadCredential=([^:]+):/m.exec(unit) ?? [];
      const [, stateDirectory = ''] = /^StateDirectory=(.+)$/m.exec(unit) ?? [];
      await mkdir(credentials);
      await writeFile(join(credentials, credential), `${IROH_SERVICES_API_SECRET}\n`, { mode: 0o400 });
      await mkdir(join(state, stateDirectory), { recursive: true, mode: 0o700 });

      const ids = new Set<string>();
      for (const _ of ['started', 'restarted']) {
        const sample = readFileSync(join(ROOT, 'samples/express/main.ts'), 'utf8');
        const app = await startChild(sample, {
          env: { ...quiet, ...Object.fromEntries(given), PORT: '0' },
        });
        ids.add((await platform.granted({ name: hostname() })).endpointId);
        app.process.kill('SIGTERM');
        expect(await app.ended).toMatchObject({ code: 0 });
        await until(async () => (await platform.endpoints()).every(({ isOnline }) => !isOnline), 3_000);
      }
      expect(ids.size).toBe(1);
      expect((await stat(join(state, stateDirectory, 'iroh.key'))).mode & 0o777).toBe(0o600);
    } finally {
      await platform.stop();
    }
  });
});
