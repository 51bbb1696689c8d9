import { createHash } from 'node:crypto';
import type { Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { tlsTrust } from '../../lib/probes/index.js';
import { relayProbe } from '../../lib/probes/relay.js';
import { LabCa } from './qad/support/lab-ca.js';
import { runAlone, runForRelay } from './support/context.js';
import { Servers } from './support/servers.js';
import { type Identity, TestCa } from './support/test-ca.js';

const servers = new Servers();
const open: Server[] = [];
let ca: TestCa;
let good: Identity;
let expired: Identity;
/** From tomorrow on, of an authority of its own. */
let early: Identity;
const labCa = new LabCa();
const labRoot = labCa.root('Lab CA');

beforeAll(async () => {
  ca = await TestCa.create();
  good = await ca.issue('relay.test', 'DNS:relay.test');
  expired = await ca.issue('expired.test', 'DNS:expired.test', -1);
  const day = 24 * 60 * 60 * 1000;
  early = labCa.server(labRoot, 'early.test', {
    validity: [new Date(Date.now() + day), new Date(Date.now() + 2 * day)],
  });
});
afterEach(async () => {
  for (const server of open.splice(0)) server.close();
  await servers.close();
});
afterAll(async () => {
  labCa.remove();
  await ca.remove();
});

const trusting = () => tlsTrust([ca.cert, labRoot.cert], [], async () => []);

/** What a relay answers to a client, `protocol` apart; `heard` collects the bytes that came afterwards. */
async function relay(identity: Identity, protocol = 'iroh-relay-v2', heard: Buffer[] = [], key?: string) {
  const server = createHttpsServer(identity, (_, response) => response.writeHead(404).end());
  server.on('upgrade', (request, socket: Socket) => {
    const asked = `${key ?? request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(asked).digest('base64');
    const offered = String(request.headers['sec-websocket-protocol']);
    const ok = request.url === '/relay' && offered === 'iroh-relay-v2, iroh-relay-v1';
    socket.on('data', (bytes: Buffer) => heard.push(bytes)).on('error', () => undefined);
    socket.on('end', () => socket.end());
    socket.write(
      `HTTP/1.1 ${ok ? '101 Switching Protocols' : '400 No'}\r\nUpgrade: websocket\r\nConnection: upgrade\r\n` +
        `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
    );
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function accessOf(url: string, options: Parameters<typeof runForRelay>[2] = {}) {
  const record = await runForRelay(relayProbe, url, { tls: trusting(), ...options });
  const [access] = record.observation?.access ?? [];
  return { ...record, stage: access?.stage, code: access?.code };
}

describe('relay probe', () => {
  it('comes as far as the WebSocket, and closes it', async () => {
    const heard: Buffer[] = [];
    const port = await relay(good, 'iroh-relay-v1', heard);
    const url = `https://relay.test.:${port}/`;
    const lastTlsAnswerMs = new Map<4 | 6, number>();
    const { outcome, observation } = await accessOf(url, { lastTlsAnswerMs });
    expect(outcome).toBe('ok');
    expect(observation).toEqual({ access: [{ relayUrl: url, stage: 'ready' }] });
    expect([...lastTlsAnswerMs.keys()]).toEqual([4]);
    await expect.poll(() => Buffer.concat(heard).toString('hex')).toBe('88820000000003e8');
  });

  it.each<[string, () => Promise<string>, string, string | RegExp]>([
    ['nobody at the port', async () => 'https://relay.test:1/', 'connect', 'ECONNREFUSED'],
    ['a silent server', async () => `https://relay.test:${await servers.tcp()}/`, 'tls', 'NO_ANSWER'],
    [
      'an expired certificate',
      async () => `https://expired.test:${await relay(expired)}/`,
      'tls',
      'CERT_HAS_EXPIRED',
    ],
    [
      'a certificate that is not valid yet',
      async () => `https://early.test:${await relay(early)}/`,
      'tls',
      'CERT_NOT_YET_VALID',
    ],
    [
      "another's certificate",
      async () => `https://other.test:${await relay(good)}/`,
      'tls',
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    [
      'another protocol',
      async () => `https://relay.test:${await relay(good, 'chat')}/`,
      'upgrade',
      'RELAY_PROTOCOL',
    ],
    [
      'a wrong key',
      async () => `https://relay.test:${await relay(good, undefined, [], 'x')}/`,
      'upgrade',
      'NOT_A_WEBSOCKET',
    ],
    [
      'a web server',
      async () => `https://relay.test:${await servers.https(good, (_, response) => response.end('hello'))}/`,
      'upgrade',
      'HTTP_STATUS',
    ],
    [
      'a web server in development',
      async () => `http://relay.test:${await servers.http((_, response) => response.end('hello'))}/`,
      'upgrade',
      'HTTP_STATUS',
    ],
  ])('says where %s ends it', async (_, start, stage, code) => {
    expect(await accessOf(await start(), { deadlineMs: 1300 })).toMatchObject({ stage, code });
  });

  it('asks with more than a packet: where large ones are lost, that hangs', async () => {
    let bytes = 0;
    const server = createHttpsServer(good);
    server.on('upgrade', ({ rawHeaders }, socket: Socket) => {
      bytes = rawHeaders.join('').length;
      socket.on('error', () => undefined);
    });
    open.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `https://relay.test:${(server.address() as AddressInfo).port}/`;
    expect(await accessOf(url, { deadlineMs: 1300 })).toMatchObject({
      outcome: 'timeout',
      stage: 'upgrade',
      code: 'NO_ANSWER',
    });
    expect(bytes).toBeGreaterThan(1500);
    server.closeAllConnections();
  });

  it('tells the dates and the issuer of a certificate that it refuses', async () => {
    const port = await relay(expired);
    const { observation } = await accessOf(`https://expired.test:${port}/`);
    const { issuer, validTo } = observation?.details ?? {};
    expect(issuer).toBe('Throwaway, Test CA');
    expect(Date.parse(String(validTo))).toBeLessThan(Date.now());
    const url = `https://relay.test:${await relay(good)}/`;
    const nobody = tlsTrust([], [], async () => [ca.cert]);
    expect(await accessOf(url, { tls: nobody })).toMatchObject({
      stage: 'tls',
      code: expect.stringMatching(/^UNABLE_TO_/),
    });
  });

  it('says how far it came, and not that the relay is silent, when the time was short', async () => {
    const url = `https://relay.test:${await servers.tcp()}/`;
    expect(await accessOf(url, { deadlineMs: 400 })).toMatchObject({
      outcome: 'timeout',
      stage: 'tls',
      code: 'DEADLINE',
    });
  });

  it('names a name without an address', async () => {
    const lookup = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    expect(await accessOf('https://relay.test/', { lookup })).toMatchObject({
      stage: 'name',
      code: 'ENOTFOUND',
    });
  });

  it('tries the next address where one is dead', async () => {
    const port = await relay(good);
    const lookup = async () =>
      [
        { ip: '127.0.0.2', family: 4 },
        { ip: '127.0.0.1', family: 4 },
      ] as const;
    expect((await accessOf(`https://relay.test:${port}/`, { lookup })).stage).toBe('ready');
  });

  it('does not wait until the deadline for one that is dead beside one that is ready', async () => {
    const urls = [`https://relay.test:${await relay(good)}/`, `https://relay.test:${await servers.tcp()}/`];
    const records = await runAlone(relayProbe, urls, { tls: trusting(), deadlineMs: 30_000 });
    expect(records.map(({ outcome }) => outcome)).toEqual(['ok', 'timeout']);
    expect(records[1]?.observation?.access).toMatchObject([{ stage: 'tls', code: 'NO_ANSWER' }]);
    expect(records[1]?.durationMs).toBeLessThan(20_000);
  });
});
