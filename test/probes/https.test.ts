import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { httpsProbe } from '../../lib/probes/https.js';
import { tlsTrust } from '../../lib/probes/index.js';
import { runForRelay } from './support/context.js';
import { Servers } from './support/servers.js';
import { type Identity, TestCa } from './support/test-ca.js';

const servers = new Servers();
let ca: TestCa;
let good: Identity;
let expired: Identity;

beforeAll(async () => {
  ca = await TestCa.create();
  [good, expired] = [
    await ca.issue('relay.test', 'DNS:relay.test,IP:127.0.0.1'),
    await ca.issue('expired.test', 'DNS:expired.test', -1),
  ];
});
afterEach(() => servers.close());
afterAll(() => ca.remove());

const trusting = () => tlsTrust([ca.cert], [], async () => []);

describe('https probe', () => {
  it('measures GET /ping over a new connection to the resolved address, with the right name', async () => {
    const requests: unknown[] = [];
    const port = await servers.https(good, (request, response) => {
      const { servername } = request.socket as { servername?: string };
      requests.push([request.method, request.url, request.headers.host, servername]);
      response.end('pong');
    });
    // The trailing dot of a fully qualified name is no part of the certificate's name.
    const url = `https://relay.test.:${port}/ignored/path`;
    const record = await runForRelay(httpsProbe, url, { tls: trusting() });
    expect(record).toMatchObject({
      ref: `https ${url}`,
      outcome: 'ok',
      observation: {
        latencies: [{ relayUrl: url, kind: 'https' }],
        details: { ip: '127.0.0.1', status: 200 },
      },
    });
    expect(record.observation?.latencies?.[0]?.ms).toBeGreaterThan(0);
    expect(requests).toEqual([['GET', '/ping', `relay.test.:${port}`, 'relay.test']]);
  });

  it('notes that the path of a family lives, where a relay itself answered', async () => {
    const port = await servers.https(good, (_, response) => response.writeHead(500).end());
    const plainPort = await servers.http((_, response) => response.end());
    const lastTlsAnswerMs = new Map<4 | 6, number>();
    const machineRoots = async () => [ca.cert];
    const inspected = tlsTrust([], [], machineRoots);
    await runForRelay(httpsProbe, `http://127.0.0.1:${plainPort}/`, { lastTlsAnswerMs });
    await runForRelay(httpsProbe, `https://relay.test:${port}/`, { tls: inspected, lastTlsAnswerMs });
    expect([...lastTlsAnswerMs.keys()]).toEqual([]);
    await runForRelay(httpsProbe, `https://relay.test:${port}/`, { tls: trusting(), lastTlsAnswerMs });
    expect([...lastTlsAnswerMs.keys()]).toEqual([4]);
  });

  it('leaves the name lookup out of the latency', async () => {
    const port = await servers.https(good, (_, response) => response.end());
    const lookup = async () => {
      await new Promise((resolve) => setTimeout(resolve, 400));
      return [{ ip: '127.0.0.1', family: 4 }] as const;
    };
    const record = await runForRelay(httpsProbe, `https://relay.test:${port}/`, { tls: trusting(), lookup });
    expect(record.durationMs).toBeGreaterThanOrEqual(399);
    expect(record.observation?.latencies?.[0]?.ms).toBeLessThan(record.durationMs - 390);
  });

  it('takes relays named by an IP address, and plain HTTP ones of development', async () => {
    const tlsPort = await servers.https(good, (_, response) => response.writeHead(204).end());
    const plainPort = await servers.http((_, response) => response.writeHead(299).end());
    const byIp = await runForRelay(httpsProbe, `https://127.0.0.1:${tlsPort}/`, { tls: trusting() });
    expect(byIp.outcome).toBe('ok');
    const plain = await runForRelay(httpsProbe, `http://127.0.0.1:${plainPort}/`);
    expect(plain).toMatchObject({ outcome: 'ok', observation: { details: { status: 299 } } });
  });

  it('follows no redirect', async () => {
    let asked = 0;
    const port = await servers.http((_, response) => {
      asked += 1;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    const record = await runForRelay(httpsProbe, `http://relay.test:${port}/`);
    expect(record).toMatchObject({ outcome: 'failed', error: { code: 'HTTP_STATUS' } });
    expect(record.error?.message).toContain('302');
    expect(record.observation).toBeUndefined();
    expect(asked).toBe(1);
  });

  it('does not read an endless body, nor wait for one that hangs', async () => {
    let sent = 0;
    const endless = await servers.http((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(64 * 1024))) sent += 64 * 1024;
      };
      response.on('drain', more);
      more();
    });
    const hanging = await servers.http((_, response) => {
      response.writeHead(200, { 'content-length': '5' }).write('p');
    });
    const broken = await servers.http((_, response) => {
      response.writeHead(200, { 'content-length': '5' }).write('p', () => response.destroy());
    });
    for (const port of [endless, hanging, broken]) {
      expect((await runForRelay(httpsProbe, `http://relay.test:${port}/`)).outcome).toBe('ok');
    }
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it('refuses headers without end, and what is no HTTP', async () => {
    const long = await servers.tcp((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const write = () => {
        while (socket.writable && socket.write(`x: ${'y'.repeat(1000)}\r\n`));
      };
      socket.on('drain', write);
      write();
    });
    const garbage = await servers.tcp((socket) => socket.end('\x1b[31mSSH-2.0-evil\r\n'));
    const silent = await servers.tcp((socket) => socket.end());
    const codes = await Promise.all(
      [long, garbage, silent].map(async (port) => {
        const record = await runForRelay(httpsProbe, `http://relay.test:${port}/`);
        expect(record.outcome).toBe('failed');
        expect(record.error?.message).not.toContain('\x1b');
        return record.error?.code;
      }),
    );
    expect(codes).toEqual(['HPE_HEADER_OVERFLOW', expect.stringMatching(/^HPE_/), 'ECONNRESET']);
  });

  it('ends with its signal when the relay never answers', async () => {
    const port = await servers.tcp();
    const record = await runForRelay(httpsProbe, `http://relay.test:${port}/`, { deadlineMs: 100 });
    expect(record).toMatchObject({ outcome: 'timeout', error: { code: 'DEADLINE' } });
  });

  it('asks both families at once: a dead one costs nothing', async () => {
    const port = await servers.http((_, response) => response.end());
    const silent = await servers.tcp();
    const lookup = async () =>
      [
        { ip: '::1', family: 6 },
        { ip: '127.0.0.1', family: 4 },
      ] as const;
    const record = await runForRelay(httpsProbe, `http://relay.test:${port}/`, { lookup });
    expect(record).toMatchObject({ outcome: 'ok', observation: { details: { ip: '127.0.0.1' } } });
    const none = await runForRelay(httpsProbe, `http://relay.test:${silent}/`, { lookup, deadlineMs: 100 });
    expect(none.outcome).toBe('timeout');
  });

  it('names what is wrong with a certificate', async () => {
    const listener = () => undefined;
    const ports = {
      expired: await servers.https(expired, listener),
      other: await servers.https(good, listener),
    };
    const code = async (url: string, tls = trusting()) =>
      (await runForRelay(httpsProbe, url, { tls })).error?.code;
    expect(await code(`https://expired.test:${ports.expired}/`)).toBe('CERT_HAS_EXPIRED');
    expect(await code(`https://other.test:${ports.other}/`)).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    const nobody = tlsTrust([], [], async () => []);
    expect(await code(`https://relay.test:${ports.other}/`, nobody)).toMatch(/^UNABLE_TO_/);
  });

  it('trusts the ca option besides the bundled roots', async () => {
    const port = await servers.https(good, (_, response) => response.end());
    const tls = tlsTrust([], [ca.cert], async () => []);
    expect((await runForRelay(httpsProbe, `https://relay.test:${port}/`, { tls })).outcome).toBe('ok');
  });

  it("names the issuer, and both explanations, when only the machine's own roots vouch for the relay", async () => {
    const port = await servers.https(good, (_, response) => response.end());
    const tls = tlsTrust([], [], async () => [ca.cert]);
    const url = `https://relay.test:${port}/`;
    const record = await runForRelay(httpsProbe, url, { tls });
    expect(record).toMatchObject({
      outcome: 'failed',
      error: {
        code: 'ISSUER_UNKNOWN_TO_IROH',
        message: expect.stringMatching(
          /Throwaway, Test CA.*TLS inspection, or the relay owner's own CA; iroh will not connect/,
        ),
      },
      observation: { interceptions: [{ relayUrl: url, issuer: 'Throwaway, Test CA' }] },
    });
    expect(record.observation?.latencies).toBeUndefined();
    // An expired certificate is no better for another root, and a broken store explains nothing.
    const stale = await servers.https(expired, (_, response) => response.end());
    const expiredRecord = await runForRelay(httpsProbe, `https://expired.test:${stale}/`, { tls });
    expect(expiredRecord.error?.code).not.toBe('ISSUER_UNKNOWN_TO_IROH');
    const broken = tlsTrust([], [], () => Promise.reject(new Error('unreadable')));
    expect((await runForRelay(httpsProbe, url, { tls: broken })).error?.code).toMatch(/^UNABLE_TO_/);
  });
});
