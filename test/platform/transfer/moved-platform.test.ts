import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Child } from '../../support/child.js';
import { bearer, noteOf } from '../../support/dashboard-door.js';
import { until } from '../../support/fake-time.js';
import { freePort } from '../../support/free-port.js';
import { MortalApps } from '../../support/mortal-app.js';
import { freshDatabase, postgresAvailable } from '../../support/postgres.js';
import { startProgram } from './fixtures.js';

const KEY = { IROH_PLATFORM_KEY: '33'.repeat(32) };

let folder: string;
let running: Child | undefined;
const apps = new MortalApps();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-moved-'));
});
afterEach(async () => {
  running?.process.kill('SIGKILL');
  await running?.ended;
  running = undefined;
  await apps.close();
  await rm(folder, { recursive: true, force: true });
});

interface Report {
  id: string;
  source: string;
}

/** A platform in a process of its own, as its users start it. */
async function serve(data: string, port: number, database?: string) {
  const env = database === undefined ? {} : { ...KEY, IROH_PLATFORM_DATABASE: database };
  const child = await startProgram(['serve', '--data', data, '--port', String(port)], env);
  running = child;
  await child.line(/^Dashboard/);
  const { url, token } = await noteOf(data);
  const headers = { ...bearer(token), 'content-type': 'application/json' };
  const ask = async (method: string, path: string): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(new URL(path, url), {
      method,
      headers,
      ...(method === 'POST' ? { body: '{}' } : {}),
    });
    return { status: response.status, body: await response.json() };
  };
  return {
    async secret(): Promise<string> {
      return ((await ask('POST', '/api/v1/projects/default/secrets')).body as { secret: string }).secret;
    },
    async reports(id: string): Promise<Report[]> {
      return (
        (await ask('GET', `/api/v1/projects/default/endpoints/${id}/reports`)).body as { items: Report[] }
      ).items;
    },
    /** Presses the button, and waits for its report. */
    async press(id: string): Promise<Report[]> {
      const before = await this.reports(id);
      const pressed = await ask('POST', `/api/v1/projects/default/endpoints/${id}/runs`);
      expect(pressed).toMatchObject({ status: 202 });
      await until(async () => (await this.reports(id)).length > before.length, 20_000);
      const [newest, ...others] = await this.reports(id);
      expect(others).toEqual(before);
      expect(newest?.source).toBe('dial-back');
      return [newest as Report, ...others];
    },
    async stop(): Promise<void> {
      child.process.kill('SIGTERM');
      expect(await child.ended).toMatchObject({ code: 0 });
    },
  };
}

/** @returns its remarks */
async function move(from: string, to: string): Promise<string> {
  const env = { ...KEY, IROH_PLATFORM_FROM: from, IROH_PLATFORM_TO: to };
  const { code, stderr } = await (await startProgram(['move'], env)).ended;
  expect(code, stderr).toBe(0);
  return stderr;
}

describe.runIf(postgresAvailable())('a platform that was moved to PostgreSQL, and back', () => {
  it('is still the platform of its apps: their old secret is good, and the button works', {
    tags: ['slow'],
    timeout: 180_000,
  }, async () => {
    const port = await freePort();
    const [first, beside, last] = ['first', 'beside', 'last'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const database = await freshDatabase();

    let platform = await serve(first, port);
    const apiSecret = await platform.secret();
    let app = await apps.start({ apiSecret });
    let reports = await platform.press(app.id);
    await app.crash();
    await platform.stop();

    await move(first, database);
    platform = await serve(beside, port, database);
    expect(await platform.reports(app.id)).toEqual(reports);
    app = await apps.start({ apiSecret });
    reports = await platform.press(app.id);
    await app.crash();
    await platform.stop();

    await move(database, last);
    platform = await serve(last, port);
    expect(await platform.reports(app.id)).toEqual(reports);
    app = await apps.start({ apiSecret });
    expect(await platform.press(app.id)).toHaveLength(reports.length + 1);
    await platform.stop();
  });
});
