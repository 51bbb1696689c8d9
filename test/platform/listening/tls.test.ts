import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:https';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Certificate } from '../../../platform/server/certificate.js';
import { TLS } from '../../../platform/server/constants.js';
import { type Handler, type Listeners, listen } from '../../../platform/server/listen.js';
import { type Identity, TestCa } from '../../probes/support/test-ca.js';
import { until } from '../../support/fake-time.js';

const run = promisify(execFile);
const DAY_MS = 86_400_000;

let ca: TestCa;
let first: Identity;
let second: Identity;
beforeAll(async () => {
  ca = await TestCa.create();
  first = await ca.issue('first', 'DNS:localhost,IP:127.0.0.1', 90);
  second = await ca.issue('second', 'DNS:localhost,IP:127.0.0.1', 90);
});
afterAll(() => ca.remove());

let folder: string;
let listeners: Listeners | null = null;
let certificate: Certificate | null = null;
const sockets: Socket[] = [];
const warnings: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-tls-'));
  warnings.length = 0;
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  certificate?.close();
  certificate = null;
  await listeners?.close();
  listeners = null;
  await rm(folder, { recursive: true, force: true });
});

const files = () => ({ cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') });

async function put({ cert, key }: Identity): Promise<void> {
  await writeFile(files().cert, cert);
  await writeFile(files().key, key, { mode: 0o600 });
}

async function openCertificate(lookEveryMs?: number, now = Date.now): Promise<Certificate> {
  certificate = await Certificate.open({
    ...{ files: files(), clock: { now }, warn: (message) => void warnings.push(message) },
    ...(lookEveryMs === undefined ? {} : { lookEveryMs }),
  });
  return certificate;
}

async function serve(handler: Handler = (_request, response) => void response.end('here')): Promise<number> {
  const opened = certificate ?? (await openCertificate());
  listeners = await listen(['127.0.0.1'], 0, handler, { tls: opened.context });
  opened.onChange((context) => listeners?.useContext(context));
  return listeners.port;
}

/** Whose certificate is shown, and what is answered. */
function ask(port: number, agent?: Agent): Promise<{ name: string; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = get({ host: '127.0.0.1', port, ca: ca.cert, agent: agent ?? false }, async (response) => {
      const name = String((response.socket as TLSSocket).getPeerCertificate().subject.CN);
      let body = '';
      try {
        for await (const chunk of response) body += chunk;
        resolve({ name, body });
      } catch (error) {
        reject(error);
      }
    });
    asked.on('error', reject);
  });
}

async function shake(port: number, options: object): Promise<string> {
  const socket = connectTls({ host: '127.0.0.1', port, ca: ca.cert, ...options });
  sockets.push(socket);
  return new Promise((resolve) => {
    socket.once('secureConnect', () => resolve(`${socket.getProtocol()} ${socket.getCipher().name}`));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

describe('the dashboard over TLS', () => {
  beforeEach(() => put(first));

  it('speaks 1.2 and 1.3 and nothing older, by ciphers with forward secrecy alone', async () => {
    const port = await serve();
    expect(await shake(port, { minVersion: 'TLSv1.3' })).toMatch(/^TLSv1\.3 TLS_AES_/);
    expect(await shake(port, { maxVersion: 'TLSv1.2' })).toMatch(/^TLSv1\.2 ECDHE-ECDSA-AES/);
    const old = { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' };
    expect(await shake(port, old)).toMatch(/ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/);
    // Somebody else's list of all ciphers, one by one.
    const { stdout } = await run('openssl', ['ciphers', '-tls1_2', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0']);
    const taken: string[] = [];
    for (const cipher of new Set(stdout.trim().split(':'))) {
      if (cipher.startsWith('TLS_')) continue;
      const ciphers = `${cipher}:@SECLEVEL=0`;
      if ((await shake(port, { maxVersion: 'TLSv1.2', ciphers })).startsWith('TLSv1.2')) taken.push(cipher);
    }
    expect(taken.toSorted()).toEqual([
      'ECDHE-ECDSA-AES128-GCM-SHA256',
      'ECDHE-ECDSA-AES256-GCM-SHA384',
      'ECDHE-ECDSA-CHACHA20-POLY1305',
    ]);
  });

  it('is found sound by openssl s_client, and does not renegotiate', async () => {
    const port = await serve();
    await writeFile(join(folder, 'ca.pem'), ca.cert);
    const words = ['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', join(folder, 'ca.pem')];
    const client = execFile('openssl', [...words, '-verify_return_error', '-tls1_2']);
    let told = '';
    for (const stream of [client.stdout, client.stderr])
      stream?.on('data', (text) => {
        told += text;
      });
    await until(() => told.includes('Verify return code'), 10_000);
    client.stdin?.write('R\n');
    await once(client, 'close');
    expect(told).toContain('Verify return code: 0 (ok)');
    expect(told).toMatch(/no renegotiation/i);
  });

  it('gives the whole chain, and no plain HTTP', async () => {
    const port = await serve();
    expect(await ask(port)).toEqual({ name: 'first', body: 'here' });
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
    expect(await ask(port)).toEqual({ name: 'first', body: 'here' });
  });

  it('cuts off who begins a handshake and does not end it, silent or byte by byte', {
    tags: ['slow'],
  }, async () => {
    const port = await serve();
    const silent = connect(port, '127.0.0.1');
    const slow = connect(port, '127.0.0.1');
    sockets.push(silent, slow);
    const startedAt = performance.now();
    for (const socket of [silent, slow]) socket.on('error', () => {}).resume();
    // The head of a record of 512 bytes, then one of them each 200 ms.
    const hello = Buffer.concat([Buffer.of(0x16, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3), Buffer.alloc(500)]);
    let sent = 0;
    const trickle = setInterval(() => slow.write(hello.subarray(sent, ++sent)), 200);
    await Promise.all([once(silent, 'close'), once(slow, 'close')]);
    clearInterval(trickle);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(await ask(port)).toMatchObject({ body: 'here' });
  });

  it('cuts off who never ends the head of a request', { tags: ['slow'] }, async () => {
    const port = await serve();
    const socket = connectTls({ host: '127.0.0.1', port, ca: ca.cert });
    sockets.push(socket);
    socket.on('error', () => {}).resume();
    const trickle = setInterval(() => socket.write('X-More: 1\r\n'), 200);
    socket.write('GET / HTTP/1.1\r\n');
    const startedAt = performance.now();
    await once(socket, 'close');
    clearInterval(trickle);
    expect(performance.now() - startedAt).toBeLessThan(12_000);
  });

  it('is closed at once, though handshakes are open', async () => {
    const port = await serve();
    const silent = connect(port, '127.0.0.1');
    sockets.push(silent);
    silent.on('error', () => {}).resume();
    await once(silent, 'connect');
    await ask(port);
    const startedAt = performance.now();
    await listeners?.close(30_000);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

describe('a certificate that changes', () => {
  beforeEach(() => put(first));

  it('is used for new connections, and those that are there go on', async () => {
    await openCertificate(20);
    const port = await serve((request, response) => {
      if (request.url !== '/live') return void response.end('here');
      const beat = setInterval(() => response.write('beat\n'), 20);
      response.on('close', () => clearInterval(beat));
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect(await ask(port, agent)).toMatchObject({ name: 'first' });
    let beats = 0;
    const live = get({ host: '127.0.0.1', port, path: '/live', ca: ca.cert, agent: false }, (response) => {
      response.on('data', () => {
        beats += 1;
      });
    });
    await until(() => beats > 0);
    await put(second);
    await until(async () => (await ask(port)).name === 'second');
    // The same connection, the same certificate.
    expect(await ask(port, agent)).toMatchObject({ name: 'first', body: 'here' });
    const before = beats;
    await until(() => beats > before + 3);
    live.destroy();
    agent.destroy();
    expect(warnings).toEqual([]);
  });

  it('costs no request under load', { tags: ['slow'] }, async () => {
    await openCertificate(5);
    const port = await serve();
    const failures: unknown[] = [];
    const names = new Map<string, number>();
    let isOver = false;
    const agents = Array.from({ length: 4 }, () => new Agent({ keepAlive: true, maxSockets: 4 }));
    const asking = Array.from({ length: 16 }, async (_, index) => {
      while (!isOver) {
        // Half of them on connections that stay, half on new ones.
        const answer = ask(port, index % 2 === 0 ? agents[index % 4] : undefined);
        await answer.then(
          ({ name }) => names.set(name, (names.get(name) ?? 0) + 1),
          (error) => failures.push(error),
        );
      }
    });
    for (let turn = 0; turn < 20; turn += 1) {
      await put(turn % 2 === 0 ? second : first);
      await certificate?.reload();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    isOver = true;
    await Promise.all(asking);
    for (const agent of agents) agent.destroy();
    expect(failures).toEqual([]);
    expect([...names.keys()].toSorted()).toEqual(['first', 'second']);
    expect([...names.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(100);
  });

  it('is found behind a link that is turned, as Kubernetes mounts secrets', async () => {
    for (const [name, { cert, key }] of Object.entries({ one: first, two: second })) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'tls.crt'), cert);
      await writeFile(join(folder, name, 'tls.key'), key);
    }
    await symlink('one', join(folder, '..data'));
    await rm(files().cert);
    await rm(files().key);
    await symlink('..data/tls.crt', files().cert);
    await symlink('..data/tls.key', files().key);
    await openCertificate(20);
    const port = await serve();
    expect(await ask(port)).toMatchObject({ name: 'first' });
    await symlink('two', join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    await until(async () => (await ask(port)).name === 'second');
    expect(warnings).toEqual([]);
  });

  it('that is none is told once, and the old one stays until there is a good one', async () => {
    await openCertificate(20);
    const port = await serve();
    await writeFile(files().cert, 'none\n');
    await until(() => warnings.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(warnings).toEqual([
      `${files().cert} holds no certificate: PEM is expected, with "BEGIN CERTIFICATE". The certificate that was there before stays in use.`,
    ]);
    expect(await ask(port)).toMatchObject({ name: 'first' });
    await put(second);
    await until(async () => (await ask(port)).name === 'second');
    expect(warnings).toHaveLength(1);
  });

  it('with a key that comes a moment later is no fault', async () => {
    const opened = await openCertificate(1_000_000);
    const port = await serve();
    await writeFile(files().cert, second.cert);
    // Two looks of the timer are needed to tell; asked for, it is told at once.
    await opened.reload();
    expect(warnings).toEqual([
      `The key in ${files().key} is not that of the certificate in ${files().cert}. The certificate that was there before stays in use.`,
    ]);
    await writeFile(files().key, second.key);
    await opened.reload();
    expect(await ask(port)).toMatchObject({ name: 'second' });
  });
});

describe('a certificate that cannot be used ends the start, and says why', () => {
  it.each([
    [
      'no file',
      async () => {
        await put(first);
        await rm(files().cert);
      },
      /cert\.pem cannot be read: ENOENT\.$/,
    ],
    [
      'a folder',
      async () => {
        await put(first);
        await rm(files().cert);
        await mkdir(files().cert);
      },
      /cert\.pem cannot be read: EISDIR\.$/,
    ],
    [
      'something else',
      () => put({ cert: 'hello', key: first.key }),
      /cert\.pem holds no certificate: PEM is expected/,
    ],
    ['nothing', () => put({ cert: '', key: first.key }), /cert\.pem holds no certificate/],
    [
      'the key in the place of the certificate',
      () => put({ cert: first.key, key: first.key }),
      /cert\.pem holds no certificate/,
    ],
    [
      'the certificate in the place of the key',
      () => put({ cert: first.cert, key: first.cert }),
      /key\.pem holds no private key/,
    ],
    [
      'the key of another',
      () => put({ cert: first.cert, key: second.key }),
      /key\.pem is not that of the certificate in .*cert\.pem\.$/,
    ],
    [
      'a key with a passphrase',
      async () => {
        await put(first);
        await run('openssl', [
          'pkey',
          '-aes128',
          '-passout',
          'pass:secret',
          '-in',
          files().key,
          '-out',
          `${files().key}2`,
        ]);
        await rename(`${files().key}2`, files().key);
      },
      /key\.pem is locked by a passphrase/,
    ],
    [
      'a key that is too short',
      async () => {
        const to = ['-keyout', files().key, '-out', files().cert];
        await run('openssl', [
          'req',
          '-x509',
          '-newkey',
          'rsa:512',
          '-nodes',
          '-subj',
          '/CN=short',
          ...to,
        ]).catch(() => put(first));
      },
      /cert\.pem cannot be used: .*KEY_TOO_SMALL|ee key too small/i,
    ],
  ] as const)('%s', async (_what, prepare, told) => {
    await prepare();
    const opening = openCertificate();
    await expect(opening).rejects.toMatchObject({
      code: 'ERR_SETTING',
      message: expect.stringMatching(told),
    });
  });
});

describe('the end of a certificate', () => {
  const inDays = (days: number) => () => Date.now() + days * DAY_MS;

  it('is told of two weeks before, once a day, with words to do', async () => {
    await put(first);
    let now = inDays(70)();
    const opened = await openCertificate(1_000_000, () => now);
    expect(warnings).toEqual([]);
    now = inDays(80)();
    await opened.reload();
    await opened.reload();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /^The certificate in .*cert\.pem ends on \d{4}-\d\d-\d\d, in \d+ days\. Put a new one there: it is used without a restart\.$/,
    );
    now = inDays(81.5)();
    await opened.reload();
    expect(warnings).toHaveLength(2);
  });

  it('of one that lives a week is told of in its last quarter', async () => {
    await put(await ca.issue('week', 'IP:127.0.0.1', 7));
    let now = inDays(4)();
    const opened = await openCertificate(1_000_000, () => now);
    expect(warnings).toEqual([]);
    now = inDays(6)();
    await opened.reload();
    expect(warnings).toHaveLength(1);
  });

  it('that is over does not end the service: the start says so, and it goes on', async () => {
    await put(first);
    const opened = await openCertificate(1_000_000, inDays(91));
    expect(warnings[0]).toMatch(/ ended on .*: browsers refuse it\. Put a new one there/);
    expect(opened.validTo).toBeGreaterThan(Date.now() + 89 * DAY_MS);
    const port = await serve();
    expect(await ask(port)).toMatchObject({ body: 'here' });
  });

  it('and its beginning, where a clock is wrong', async () => {
    await put(first);
    await openCertificate(1_000_000, inDays(-2));
    expect(warnings[0]).toMatch(/ is not valid before .*: browsers refuse it\./);
  });
});

describe('a list of ciphers', () => {
  it('is what openssl knows, so that none is left out by a misspelt name', async () => {
    const { stdout } = await run('openssl', ['ciphers', 'ALL']);
    const known = stdout.trim().split(':');
    expect(
      String(TLS.ciphers)
        .split(':')
        .filter((cipher) => !known.includes(cipher)),
    ).toEqual([]);
  });
});
