import { randomBytes } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type * as Quic from '@matrixai/quic';

type Quiche = Quic.native.Quiche;
type QuicheConnection = ReturnType<Quiche['Connection']['accept']>;
type QuicheConfig = ReturnType<Quiche['Config']['withBoringSslCtx']>;

/** quiche, or null where its native part has no build (Linux on ARM, musl). */
export const QUICHE: Quiche | null = await import('@matrixai/quic').then(
  ({ native }) => native.quiche,
  () => null,
);

export interface QuicheOptions {
  /** PEM: the server's certificate first. */
  chain: string;
  key: string;
  /** Asks each client to show that it is where it says it is. */
  sendRetry: boolean;
}

/**
 * Cloudflare's quiche as a server on loopback, driven without the package's `QUICServer`: that cannot do without
 * Retry. Loopback loses nothing, so its timers are not run. One connection per client port.
 */
export class QuicheServer {
  /** The Retry packets that it sent. */
  retries = 0;
  readonly #connections = new Map<number, QuicheConnection>();
  /** Where first packets went before Retry sent their client elsewhere, by client port. */
  readonly #originalIds = new Map<number, Uint8Array>();
  readonly #quiche: Quiche;
  readonly #config: QuicheConfig;
  readonly #socket: Socket;
  readonly #sendRetry: boolean;

  private constructor(quiche: Quiche, socket: Socket, { chain, key, sendRetry }: QuicheOptions) {
    this.#quiche = quiche;
    this.#socket = socket;
    this.#sendRetry = sendRetry;
    this.#config = quiche.Config.withBoringSslCtx(false, false, null, [bytes(key)], [bytes(chain)]);
    this.#config.setApplicationProtos(['/iroh-qad/0']);
    socket.on('message', (datagram, remote) => this.#receive(datagram, remote));
  }

  /** @throws Error where quiche has no build */
  static async start(options: QuicheOptions): Promise<QuicheServer> {
    if (QUICHE === null) throw new Error('quiche has no build for this machine');
    const socket = createSocket('udp4');
    await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound));
    return new QuicheServer(QUICHE, socket, options);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** For each client: whether the handshake is complete on this side too, and how the client closed. */
  get clients(): { isEstablished: boolean; isApp?: boolean; code?: number; reason?: string }[] {
    return [...this.#connections.values()].map((connection) => {
      const isEstablished = connection.isEstablished();
      const close = connection.peerError();
      if (close === null) return { isEstablished };
      const reason = Buffer.from(close.reason).toString();
      return { isEstablished, isApp: close.isApp, code: close.errorCode, reason };
    });
  }

  close(): Promise<void> {
    return new Promise((closed) => this.#socket.close(closed));
  }

  #receive(datagram: Buffer, remote: RemoteInfo): void {
    const connection = this.#connections.get(remote.port) ?? this.#accept(datagram, remote);
    if (connection === null) return;
    connection.recv(datagram, { from: hostPort(remote), to: hostPort(this.#socket.address()) });
    const out = new Uint8Array(this.#quiche.MAX_DATAGRAM_SIZE);
    for (let sent = connection.send(out); sent !== null; sent = connection.send(out)) {
      // A copy: the kernel may take it after the next one was written.
      this.#socket.send(Buffer.from(out.subarray(0, sent[0])), remote.port, remote.address);
    }
  }

  #accept(datagram: Buffer, remote: RemoteInfo): QuicheConnection | null {
    const { ty, token = new Uint8Array(), scid, dcid, version } = this.#quiche.Header.fromSlice(datagram, 20);
    if (ty !== this.#quiche.Type.Initial) return null;
    if (this.#sendRetry && token.length === 0) {
      const out = new Uint8Array(this.#quiche.MAX_DATAGRAM_SIZE);
      const length = this.#quiche.retry(scid, dcid, randomBytes(20), TOKEN, version, out);
      this.#originalIds.set(remote.port, dcid);
      this.#socket.send(out.subarray(0, length), remote.port, remote.address);
      this.retries++;
      return null;
    }
    if (this.#sendRetry && !TOKEN.equals(token)) return null;
    const id = this.#sendRetry ? dcid : randomBytes(20);
    const [to, from] = [hostPort(this.#socket.address()), hostPort(remote)];
    const originalId = this.#originalIds.get(remote.port) ?? null;
    const connection = this.#quiche.Connection.accept(id, originalId, to, from, this.#config);
    this.#connections.set(remote.port, connection);
    return connection;
  }
}

/** As long as those of the package's own server, which are JSON. */
const TOKEN = randomBytes(250);

function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}

function hostPort({ address, port }: { address: string; port: number }) {
  return { host: address, port };
}
