import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runChild } from '../support/child.js';

const PROGRAM = `
import { run } from './platform/cli/run.js';
process.exitCode = await run(process.argv.slice(2));
`;

let folder: string;
let server: Server | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-healthcheck-'));
});
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

const healthcheck = () => runChild(PROGRAM, { args: ['healthcheck', '--data', folder] });

/** Something that answers where the note says that the platform is. */
async function listen(made: Server, protocol: string): Promise<void> {
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  const url = `${protocol}://127.0.0.1:${(made.address() as AddressInfo).port}/`;
  await writeFile(join(folder, 'running.json'), JSON.stringify({ url, token: 'x'.repeat(43) }), {
    mode: 0o600,
  });
}

const answering =
  (status: number): RequestListener =>
  (request, response) => {
    // It shows nothing of the token: who has taken the port gets none.
    const isOurs = request.url === '/livez' && request.headers.authorization === undefined;
    response.writeHead(isOurs ? status : 500).end();
  };

describe('the command healthcheck', () => {
  it('says that nothing runs, and ends with 1', async () => {
    expect(await healthcheck()).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `No platform runs on ${folder}, or none that is ready.\n`,
    });
  });

  it('ends with 0 when it is alive, with 1 when it answers otherwise, or is not there', async () => {
    await listen(createHttpServer(answering(200)), 'http');
    expect(await healthcheck()).toMatchObject({ code: 0, stdout: 'alive\n', stderr: '' });
    server?.close();
    expect(await healthcheck()).toMatchObject({ code: 1, stderr: expect.stringMatching(/ECONNREFUSED/) });
    await listen(createHttpServer(answering(503)), 'http');
    expect(await healthcheck()).toMatchObject({ code: 1, stderr: expect.stringMatching(/answered 503/) });
  });

  it('asks by TLS whatever name its certificate is for', async () => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const words =
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=platform.example';
    await promisify(execFile)('openssl', [...words.split(' '), '-keyout', key, '-out', cert]);
    const tls = { key: await readFile(key), cert: await readFile(cert) };
    await listen(createHttpsServer(tls, answering(200)), 'https');
    expect(await healthcheck()).toMatchObject({ code: 0, stdout: 'alive\n', stderr: '' });
  });

  it('gives up after five seconds on one that does not answer', { tags: ['slow'] }, async () => {
    await listen(createHttpServer(), 'http');
    const { code, stderr, durationMs } = await healthcheck();
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /^The platform at http:\/\/127\.0\.0\.1:\d+ did not answer within 5 s\.\n$/,
      ),
    });
    expect(durationMs).toBeGreaterThan(4_900);
  });
});
