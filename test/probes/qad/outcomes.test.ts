import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { u16, u32, varint, vector } from '../../../lib/probes/qad/bytes.js';
import { type DiscoverOptions, discover, QadSocket, TrustAnchors } from '../../../lib/probes/qad/index.js';
import { HELLO_RETRY_RANDOM } from '../../../lib/probes/qad/tls/format.js';
import { HAS_IPV6_LOOPBACK } from '../../support/loopback.js';
import { derOf, LabCa } from './support/lab-ca.js';
import { observedAddress, QadServer, RESET_TOKEN, type ServerScript } from './support/qad-server.js';

const HOST = 'relay.test';

describe('how a discovery ends', () => {
  const ca = new LabCa();
  const root = ca.root('Lab CA');
  const leaf = ca.server(root, HOST);
  const trust = new TrustAnchors([root.cert]);
  let server: QadServer;
  let socket: QadSocket;

  beforeAll(async () => {
    socket = await QadSocket.bind(4);
  });
  afterEach(() => server.close());
  afterAll(async () => {
    await socket.close();
    ca.remove();
  });

  async function ask(script: ServerScript, options: Partial<DiscoverOptions> = {}) {
    server = await QadServer.start([derOf(leaf)], leaf.key, script);
    const target = { host: HOST, ip: '127.0.0.1', port: server.port, socket, trust, timeoutMs: 1500 };
    return discover({ ...target, ...options }).catch((error: unknown) => error);
  }

  it('an address, and our close', async () => {
    const sizeBefore = socket.size;
    const found = await ask({});
    expect(found).toMatchObject({ observed: { family: 4, ip: '127.0.0.1', port: socket.port } });
    await expect.poll(() => server.closes[0]).toEqual({ code: 1, reason: 'finished' });
    await expect.poll(() => socket.size, { timeout: 3000 }).toBe(sizeBefore);
  });

  it.skipIf(!HAS_IPV6_LOOPBACK)('an IPv6 address', async () => {
    server = await QadServer.start([derOf(leaf)], leaf.key, {}, '::1');
    const socket6 = await QadSocket.bind(6);
    try {
      const target = { host: HOST, ip: '::1', port: server.port, socket: socket6, trust, timeoutMs: 1500 };
      expect(await discover(target)).toMatchObject({
        observed: { family: 6, ip: '::1', port: socket6.port },
      });
    } finally {
      await socket6.close();
    }
  });

  it('Retry', async () => {
    expect(await ask({ sendRetry: true })).toMatchObject({ observed: { port: socket.port } });
  });

  it('an IPv4-mapped address is IPv4', async () => {
    const mapped = Buffer.from('00000000000000000000ffffc0000207', 'hex');
    const frame = Buffer.concat([varint(0x9f81a7), varint(4), mapped, u16(4321)]);
    const found = await ask({ applicationFrames: () => frame });
    expect(found).toMatchObject({ observed: { family: 4, ip: '192.0.2.7', port: 4321 } });
  });

  it('a lower sequence number is ignored', async () => {
    const frame = (sequence: number, port: number) =>
      Buffer.concat([varint(0x9f81a6), varint(sequence), Buffer.of(192, 0, 2, 7), u16(port)]);
    const frames = Buffer.concat([frame(3, 33), frame(2, 22), frame(3, 44)]);
    expect(await ask({ applicationFrames: () => frames })).toMatchObject({ observed: { port: 33 } });
  });

  it('frames that ask nothing of us are passed over', async () => {
    const newConnectionId = Buffer.concat([
      Buffer.of(0x18, 1, 0),
      vector(1, randomBytes(8)),
      randomBytes(16),
    ]);
    const newToken = Buffer.concat([Buffer.of(0x07, 3), Buffer.from('abc')]);
    const others = Buffer.concat([Buffer.of(0x01, 0x10, 9, 0x12, 9, 0x14, 9), newConnectionId, newToken]);
    const found = await ask({ applicationFrames: (observed) => Buffer.concat([others, observed]) });
    expect(found).toMatchObject({ observed: { port: socket.port } });
  });

  it('silence', async () => {
    expect(await ask({ deafAfter: 0 }, { timeoutMs: 700 })).toMatchObject({ code: 'QAD_SILENT' });
    expect(server.datagrams).toBeLessThanOrEqual(4);
  });

  it('silence after the start', async () => {
    const flight = (right: Buffer[]) => right.slice(0, 2);
    const found = await ask({ flight, applicationFrames: () => Buffer.of(1) }, { timeoutMs: 700 });
    expect(found).toMatchObject({ code: 'QAD_TIMEOUT' });
  });

  it('a server that reports no addresses', async () => {
    const parameters = (right: ReadonlyMap<bigint, Buffer>) =>
      new Map([...right].filter(([id]) => id !== 0x9f81a176n));
    const found = await ask({ parameters, applicationFrames: () => Buffer.of(1) });
    expect(found).toMatchObject({ code: 'QAD_NOT_OFFERED' });
  });

  it('OBSERVED_ADDRESS that was not negotiated', async () => {
    const parameters = (right: ReadonlyMap<bigint, Buffer>) =>
      new Map([...right, [0x9f81a176n, varint(1)] as const]);
    const found = await ask({ parameters });
    // Whichever is noticed first; never an address.
    expect(['QAD_NOT_OFFERED', 'QAD_PROTOCOL']).toContain((found as { code: string }).code);
  });

  it('HelloRetryRequest', async () => {
    expect(await ask({ helloRandom: HELLO_RETRY_RANDOM })).toMatchObject({ code: 'QAD_HELLO_RETRY_REQUEST' });
    await expect.poll(() => server.closes).toMatchObject([{ code: 0x128 }]);
  });

  const negotiation = (destination: Buffer, source: Buffer, versions: number[]) =>
    Buffer.concat([Buffer.of(0x80), u32(0), vector(1, destination), vector(1, source), ...versions.map(u32)]);

  it('version negotiation', async () => {
    const found = await ask({
      answerFirst: ({ destinationId, sourceId }) =>
        negotiation(sourceId ?? Buffer.alloc(0), destinationId, [0x6b3343cf]),
    });
    expect(found).toMatchObject({ code: 'QAD_VERSION_NEGOTIATION' });
  });

  it('version negotiation by somebody else, or with our version, is ignored', async () => {
    let count = 0;
    const answerFirst: ServerScript['answerFirst'] = ({ destinationId, sourceId }) => {
      const source = count++ === 0 ? randomBytes(8) : destinationId;
      return negotiation(sourceId ?? Buffer.alloc(0), source, count === 1 ? [2] : [1, 2]);
    };
    expect(await ask({ answerFirst }, { timeoutMs: 700 })).toMatchObject({ code: 'QAD_SILENT' });
  });

  it('stateless reset, under any connection id', async () => {
    server = await QadServer.start([derOf(leaf)], leaf.key, { applicationFrames: () => Buffer.of(1) });
    const target = { host: HOST, ip: '127.0.0.1', port: server.port, socket, trust, timeoutMs: 1500 };
    const asked = discover(target).catch((error: unknown) => error);
    await expect.poll(() => server.datagrams).toBeGreaterThan(1);
    server.sendToAll(Buffer.concat([Buffer.of(0x41), randomBytes(24), RESET_TOKEN]));
    expect(await asked).toMatchObject({ code: 'QAD_STATELESS_RESET' });
  });

  it('key update, which the client follows', async () => {
    expect(await ask({ isKeyUpdated: true })).toMatchObject({ observed: { port: socket.port } });
    expect(server.phases).toContain(1);
  });

  it('closed by the server', async () => {
    const close = Buffer.concat([Buffer.of(0x1d), varint(7), vector(1, Buffer.from('go away'))]);
    const found = await ask({ applicationFrames: () => close });
    expect(found).toMatchObject({ code: 'QAD_CLOSED_BY_RELAY', message: expect.stringContaining('go away') });
  });

  it('cancelled', async () => {
    const controller = new AbortController();
    const asked = ask({ deafAfter: 0 }, { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    expect(await asked).toMatchObject({ code: 'QAD_ABORTED' });
    expect(await ask({}, { signal: controller.signal })).toMatchObject({ code: 'QAD_ABORTED' });
  });

  it.each<[string, ServerScript, string]>([
    ['a STREAM frame', { applicationFrames: () => Buffer.of(0x08, 0, 1) }, 'QAD_PROTOCOL'],
    ['an unknown frame', { applicationFrames: () => Buffer.of(0x2f) }, 'QAD_PROTOCOL'],
    [
      'a cut frame',
      { applicationFrames: (right) => Buffer.concat([right, Buffer.of(0x06, 0, 0x40, 99)]) },
      'QAD_PROTOCOL',
    ],
    [
      'an acknowledgement of what was not sent',
      { applicationFrames: () => Buffer.of(0x02, 9, 0, 0, 0) },
      'QAD_PROTOCOL',
    ],
    [
      'a KeyUpdate message',
      { applicationFrames: () => Buffer.concat([Buffer.of(6, 0, 5, 24, 0, 0, 1, 0)]) },
      'QAD_TLS',
    ],
    [
      'a flood of handshake data',
      { applicationFrames: () => Buffer.concat([Buffer.of(6), varint(70_000), Buffer.of(1, 1)]) },
      'QAD_PROTOCOL',
    ],
    [
      'a wrong Finished',
      {
        flight: (right) => [...right.slice(0, 3), Buffer.concat([Buffer.of(20, 0, 0, 32), randomBytes(32)])],
      },
      'QAD_TLS',
    ],
    ['no CertificateVerify', { flight: (right) => right.filter((_, index) => index !== 2) }, 'QAD_TLS'],
    ['no Certificate', { flight: (right) => right.filter((_, index) => index !== 1) }, 'QAD_TLS'],
    [
      'messages in another order',
      { flight: ([a, b, c, d]) => [a, c, b, d].flatMap((part) => part ?? []) },
      'QAD_TLS',
    ],
    [
      'another connection id',
      { parameters: (right) => new Map([...right, [0x0fn, randomBytes(8)] as const]) },
      'QAD_PROTOCOL',
    ],
    [
      'a Retry out of nowhere',
      { parameters: (right) => new Map([...right, [0x10n, randomBytes(8)] as const]) },
      'QAD_PROTOCOL',
    ],
  ])('%s', async (_, script, code) => {
    expect(await ask(script)).toMatchObject({ code });
    await expect.poll(() => server.closes.length).toBeGreaterThan(0);
  });

  it('answers from another address are nobody’s', async () => {
    const other = await QadServer.start([derOf(leaf)], leaf.key);
    const relay = await QadServer.start([derOf(leaf)], leaf.key, { deafAfter: 0 });
    server = other;
    const target = { host: HOST, ip: '127.0.0.1', port: relay.port, socket, trust, timeoutMs: 300 };
    expect(await discover(target).catch((error: unknown) => error)).toMatchObject({ code: 'QAD_SILENT' });
    await relay.close();
  });

  it('many at a time through one socket keep apart', async () => {
    server = await QadServer.start([derOf(leaf)], leaf.key, {
      applicationFrames: () => observedAddress({ address: '192.0.2.1', port: 1 }),
    });
    const second = await QadServer.start([derOf(leaf)], leaf.key, {
      applicationFrames: () => observedAddress({ address: '192.0.2.2', port: 2 }),
    });
    const from = (port: number) =>
      discover({ host: HOST, ip: '127.0.0.1', port, socket, trust, timeoutMs: 3000 });
    const pairs = Array.from({ length: 10 }, () => [from(server.port), from(second.port)]);
    const ports = (await Promise.all(pairs.flat())).map(({ observed }) => observed.port);
    expect(ports).toEqual(Array.from({ length: 10 }, () => [1, 2]).flat());
    await second.close();
  });
});
