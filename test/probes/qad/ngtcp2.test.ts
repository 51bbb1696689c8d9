import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { discover, QadSocket, TrustAnchors } from '../../../lib/probes/qad/index.js';
import { freePort } from '../../support/free-port.js';
import { type Issued, type KeyKind, LabCa } from './support/lab-ca.js';
import { NGTCP2, Programs, runsHere } from './support/programs.js';

const mayRun = runsHere(NGTCP2, 'gtlsserver (Debian: ngtcp2-server)');

/** HTTP/3 servers insist on three streams (RFC 9000 §18.2, initial_max_streams_uni). */
const UNI_STREAMS = [{ id: 0x09n, value: Buffer.of(3) }];

/**
 * ngtcp2 with GnuTLS. It speaks HTTP/3 and reports no addresses, so a whole handshake, checked by both sides, ends as
 * QAD_NOT_OFFERED, and anything less as something else.
 */
describe.skipIf(!mayRun)('ngtcp2', () => {
  const ca = new LabCa();
  const programs = new Programs();
  const root = ca.root('Lab CA');
  const trust = new TrustAnchors([root.cert]);
  let socket: QadSocket;

  beforeAll(async () => {
    socket = await QadSocket.bind(4);
  });
  afterEach(() => programs.close());
  afterAll(async () => {
    await socket.close();
    ca.remove();
  });

  async function ask(server: Issued, args: readonly string[] = [], alpn = 'h3', others: Issued[] = []) {
    const port = await freePort();
    const chain = ca.chainFile(server, ...others);
    const files = [server.keyFile, chain];
    const output = await programs.start(
      NGTCP2 ?? '',
      [...args, '127.0.0.1', String(port), ...files],
      /Using document root/,
    );
    const host = 'relay.test';
    const asked = discover({
      host,
      ip: '127.0.0.1',
      port,
      socket,
      trust,
      alpn,
      extraParameters: UNI_STREAMS,
      timeoutMs: 5000,
    });
    const error = await asked.catch((reason: unknown) => reason);
    return { error, output };
  }

  it.each<KeyKind>(['P-256', 'P-384', 'P-521', 'rsa:2048', 'rsa:4096', 'ed25519'])(
    'a handshake with a %s certificate',
    async (key) => {
      const { error, output } = await ask(ca.server(root, 'relay.test', { key }));
      expect(error).toMatchObject({ code: 'QAD_NOT_OFFERED' });
      await expect.poll(output).toMatch(/rx .* CONNECTION_CLOSE\(0x1d\).*error_code=.*\(0x1\)/);
    },
  );

  it('Retry', async () => {
    const { error, output } = await ask(ca.server(root, 'relay.test'), ['--validate-addr']);
    expect(error).toMatchObject({ code: 'QAD_NOT_OFFERED' });
    expect(output()).toMatch(/Retry/);
  });

  it('a certificate chain over several packets', async () => {
    const middle = {
      key: 'rsa:2048',
      extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'],
    } as const;
    const first = ca.issue(root, 'Intermediate 1', middle);
    const second = ca.issue(first, 'Intermediate 2', middle);
    const server = ca.server(second, 'relay.test', { key: 'rsa:2048' });
    const { error } = await ask(server, [], 'h3', [second, first]);
    expect(error).toMatchObject({ code: 'QAD_NOT_OFFERED' });
  });

  it('loses a fifth of all packets, both ways', async () => {
    const { error } = await ask(ca.server(root, 'relay.test'), ['--tx-loss=0.2', '--rx-loss=0.2']);
    expect(error).toMatchObject({ code: 'QAD_NOT_OFFERED' });
  });

  it('no common key exchange', async () => {
    const { error } = await ask(ca.server(root, 'relay.test'), ['--groups=-GROUP-ALL:+GROUP-SECP256R1']);
    expect(error).toMatchObject({ code: 'QAD_CLOSED_BY_RELAY' });
  });

  it('a request for a client certificate', async () => {
    const { error } = await ask(ca.server(root, 'relay.test'), ['--verify-client']);
    expect(error).toMatchObject({ code: 'QAD_UNSUPPORTED' });
  });

  it('no common application protocol', async () => {
    const { error } = await ask(ca.server(root, 'relay.test'), [], '/iroh-qad/0');
    expect(error).toMatchObject({ code: 'QAD_CLOSED_BY_RELAY', message: expect.stringContaining('0x178') });
  });

  it('another certificate', async () => {
    const { error } = await ask(ca.server(root, 'other.test'));
    expect(error).toMatchObject({ code: 'QAD_CERT_WRONG_NAME' });
  });
});
