import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { discover, QadSocket, TrustAnchors } from '../../../lib/probes/qad/index.js';
import { CA_EXTENSIONS, type KeyKind, LabCa } from './support/lab-ca.js';
import { runsHere } from './support/programs.js';
import { QUICHE, QuicheServer } from './support/quiche-server.js';
import { UdpProxy } from './support/udp-proxy.js';

const HOST = 'relay.test';

const mayRun = runsHere(QUICHE && '@matrixai/quic', '@matrixai/quic where its native part has a build');

/** It reports no addresses, so a whole handshake, checked by both sides, ends as QAD_NOT_OFFERED. */
describe.skipIf(!mayRun)('quiche', () => {
  const ca = new LabCa();
  let socket: QadSocket;

  beforeAll(async () => {
    socket = await QadSocket.bind(4);
  });
  afterAll(async () => {
    await socket.close();
    ca.remove();
  });

  /** A server whose certificate, intermediate and root all have that kind of key. */
  function chainOf(key: KeyKind, host = HOST) {
    const root = ca.root('Lab CA', { key });
    const middle = ca.issue(root, 'Intermediate', { key, extensions: CA_EXTENSIONS });
    const leaf = ca.server(middle, host, { key });
    return { chain: leaf.cert + middle.cert, key: leaf.key, trust: new TrustAnchors([root.cert]) };
  }

  /** Asks through a proxy that counts what the server sent. */
  async function ask({ trust, ...files }: ReturnType<typeof chainOf>, sendRetry: boolean) {
    const server = await QuicheServer.start({ ...files, sendRetry });
    const fromServer: Buffer[] = [];
    const proxy = await UdpProxy.start(server.port, (direction, _, datagram) => {
      if (direction === 'to-client') fromServer.push(datagram);
      return true;
    });
    try {
      const options = { host: HOST, ip: '127.0.0.1', port: proxy.port, socket, trust, timeoutMs: 3000 };
      const error = await discover(options).catch((reason: unknown) => reason);
      // Our last words are on their way.
      await expect.poll(() => server.clients.every(({ code }) => code !== undefined)).toBe(true);
      return {
        error,
        clients: server.clients,
        retries: server.retries,
        seen: fromServer.filter(isRetry).length,
      };
    } finally {
      await proxy.close();
      await server.close();
    }
  }

  const kinds = ['P-256', 'P-384', 'rsa:2048', 'ed25519'] as const;
  const cases = kinds.flatMap((kind) => [true, false].map((sendRetry) => ({ kind, sendRetry })));

  it.each(cases)('a whole handshake: $kind, Retry $sendRetry', async ({ kind, sendRetry }) => {
    const { error, clients, retries, seen } = await ask(chainOf(kind), sendRetry);
    expect(error).toMatchObject({ code: 'QAD_NOT_OFFERED' });
    expect(clients).toEqual([{ isEstablished: true, isApp: true, code: 1, reason: 'finished' }]);
    expect({ retries, seen }).toEqual(sendRetry ? { retries: 1, seen: 1 } : { retries: 0, seen: 0 });
  });

  it('another certificate', async () => {
    const { error, clients } = await ask(chainOf('P-256', 'other.test'), true);
    expect(error).toMatchObject({ code: 'QAD_CERT_WRONG_NAME' });
    // bad_certificate, before the handshake is complete
    expect(clients).toMatchObject([{ isEstablished: false, isApp: false, code: 0x12a }]);
  });
});

/** A long header of type 3 (RFC 9000 §17.2.5). Retry packets stand alone in their datagram. */
function isRetry(datagram: Buffer): boolean {
  return (datagram.readUInt8() & 0xb0) === 0xb0;
}
