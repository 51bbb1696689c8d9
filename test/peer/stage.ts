import { PeerHost, type PeerHostOptions, type PeerVisitEvent } from '../../lib/peer/index.js';
import { type BiStream, type Connection, type Endpoint, Router } from '../../lib/transport/index.js';
import { decodePeerFacts, PEER_ALPN, PEER_HELLO, type PeerFacts } from '../../lib/wire/index.js';
import { Loopback } from '../support/loopback.js';

/** A peer and those who visit it, all on loopback. */
export class Stage {
  static readonly #net = new Loopback();
  static readonly #stages = new Set<Stage>();

  readonly visits: PeerVisitEvent[] = [];

  private constructor(
    readonly peer: Endpoint,
    readonly visitor: Endpoint,
    readonly router: Router,
    readonly host: PeerHost,
  ) {}

  static async set(options: PeerHostOptions = {}): Promise<Stage> {
    const [peer, visitor] = await Promise.all([Stage.#net.bind(), Stage.#net.bind()]);
    const told: PeerVisitEvent[] = [];
    const host = new PeerHost({ onVisit: (visit) => told.push(visit), ...options });
    const router = new Router(peer);
    const stage = new Stage(peer, visitor, router, host);
    Stage.#stages.add(stage);
    router.handle(PEER_ALPN, async (connection, { signal }) => {
      stage.visits.push(await host.serve(connection, signal));
    });
    router.start();
    return stage;
  }

  static async clearAll(): Promise<void> {
    await Promise.all([...Stage.#stages].map(({ router }) => router.close()));
    Stage.#stages.clear();
    await Stage.#net.closeAll();
  }

  /** Another endpoint, of somebody else. */
  static stranger(): Promise<Endpoint> {
    return Stage.#net.bind();
  }

  dial(from: Endpoint = this.visitor): Promise<Connection> {
    return from.connect(this.peer.address(), PEER_ALPN);
  }

  /** Dials and says hello. */
  async greeted(from?: Endpoint): Promise<{ connection: Connection; stream: BiStream; facts: PeerFacts }> {
    const connection = await this.dial(from);
    const stream = await connection.openStream();
    await stream.write(bytesOf(PEER_HELLO));
    return { connection, stream, facts: await readFacts(stream) };
  }
}

export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

export async function readFacts(stream: BiStream): Promise<PeerFacts> {
  let bytes = Buffer.alloc(0);
  for (;;) {
    const more = await stream.read(1024);
    if (more === null) throw new Error(`the stream ended after ${JSON.stringify(bytes.toString())}`);
    bytes = Buffer.concat([bytes, more]);
    const read = decodePeerFacts(bytes);
    if (read !== null) return read.facts;
  }
}

/** How the other end closed: `400 Expected a hello`. */
export async function closing(connection: Connection): Promise<string> {
  const { by, code, reason } = await connection.closed();
  return by === 'peer' ? `${code} ${reason}`.trim() : by;
}
