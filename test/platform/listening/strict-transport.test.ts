import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { DashboardOptions, Platform } from '../../../platform/index.js';
import { TestCa } from '../../probes/support/test-ca.js';
import { Stage } from '../stage.js';

const stage = new Stage();
let ca: TestCa;
let folder: string;
beforeAll(async () => {
  ca = await TestCa.create();
  folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-hsts-'));
});
afterAll(async () => {
  await ca.remove();
  await rm(folder, { recursive: true });
});
afterEach(() => stage.close());

/** What browsers under that name keep in mind, of each kind of answer. */
async function toldTo(platform: Platform, host: string): Promise<unknown> {
  const url = new URL(platform.localUrl ?? '');
  const answers = ['/sign-in', '/', '/api/v1/me', '/nothing', '/%zz', '/livez'].map(
    (path) =>
      new Promise((resolve, reject) => {
        const ask = url.protocol === 'https:' ? requestTls : request;
        const options = { hostname: url.hostname, port: url.port, path, headers: { host }, ca: ca.cert };
        ask({ ...options, rejectUnauthorized: false }, (response) => {
          response.resume();
          resolve(response.headers['strict-transport-security'] ?? null);
        })
          .on('error', reject)
          .end();
      }),
  );
  const [first, ...others] = await Promise.all(answers);
  expect(others).toEqual(others.map(() => first));
  return first;
}

const start = (dashboard: DashboardOptions) => stage.platform({ dashboard: { port: 0, ...dashboard } });
const YEAR = 'max-age=31536000';

it('a browser that came over our TLS comes back by TLS alone, but for localhost', async () => {
  const identity = await ca.issue('fleet', 'DNS:fleet.test,DNS:localhost');
  const tls = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  await writeFile(tls.cert, identity.cert);
  await writeFile(tls.key, identity.key, { mode: 0o600 });
  const platform = await start({ tls, allowedHosts: ['fleet.test'] });
  expect(await toldTo(platform, 'fleet.test')).toBe(YEAR);
  for (const host of ['localhost', `localhost:8443`, '127.0.0.1', '[::1]'])
    expect([host, await toldTo(platform, host)]).toEqual([host, null]);
});

it('behind a proxy nothing is said of a name that we do not know to be one of TLS', async () => {
  const silent = await start({ allowedHosts: ['fleet.test'], trustProxy: ['loopback'] });
  expect(await toldTo(silent, 'fleet.test')).toBeNull();
  const named = await start({ publicUrl: 'https://fleet.test/', allowedHosts: ['inside.test'] });
  expect(await toldTo(named, 'fleet.test')).toBe(YEAR);
  expect(await toldTo(named, 'inside.test')).toBeNull();
  expect(await toldTo(named, new URL(named.localUrl ?? '').host)).toBeNull();
  const plain = await start({ publicUrl: 'http://fleet.test/' });
  expect(await toldTo(plain, 'fleet.test')).toBeNull();
});
