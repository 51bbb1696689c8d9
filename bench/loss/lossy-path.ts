import { createSocket, type Socket } from 'node:dgram';
import { randomFrom } from '../support/random.js';

export interface Path {
  /** The share of datagrams that is lost, each way. */
  loss: number;
  /** What it adds to the round trip, in milliseconds. */
  rttMs: number;
  seed: string;
}

/** What one client port sends, and what comes back for it. */
class Flow {
  readonly #back = createSocket('udp4');
  readonly #path: Path;
  readonly #isLost: Record<'up' | 'down', () => boolean>;
  readonly #serverPort: number;
  #isOpen = true;

  constructor(path: Path, run: number, serverPort: number, deliver: (datagram: Buffer) => void) {
    this.#path = path;
    this.#serverPort = serverPort;
    this.#isLost = { up: this.#dice(run, 'up'), down: this.#dice(run, 'down') };
    this.#back.on('message', (datagram) => this.#pass('down', () => deliver(datagram)));
  }

  send(datagram: Buffer): void {
    this.#pass('up', () => this.#back.send(datagram, this.#serverPort, '127.0.0.1'));
  }

  close(): void {
    this.#isOpen = false;
    this.#back.close();
  }

  #dice(run: number, direction: 'up' | 'down'): () => boolean {
    const { seed, loss } = this.#path;
    const random = randomFrom(`${seed}/${loss}/${run}/${direction}`);
    return () => random() < loss;
  }

  #pass(direction: 'up' | 'down', deliver: () => void): void {
    if (this.#isLost[direction]()) return;
    setTimeout(() => {
      if (this.#isOpen) deliver();
    }, this.#path.rttMs / 2);
  }
}

/**
 * A path on loopback to one UDP port that loses datagrams at random. Which ones depends on the seed, the run and the
 * direction alone, so two clients that take the same run meet the same weather.
 */
export class LossyPath {
  readonly #front: Socket;
  readonly #serverPort: number;
  readonly #path: Path;
  /** By client port: those of this run, and of the last one, whose goodbyes are still on the way. */
  #flows = new Map<number, Flow>();
  #fading = new Map<number, Flow>();
  #run = 0;

  private constructor(front: Socket, serverPort: number, path: Path) {
    this.#front = front;
    this.#serverPort = serverPort;
    this.#path = path;
    front.on('message', (datagram, { port }) => {
      (this.#flows.get(port) ?? this.#fading.get(port) ?? this.#open(port)).send(datagram);
    });
  }

  static async open(serverPort: number, path: Path): Promise<LossyPath> {
    const front = createSocket('udp4');
    await new Promise<void>((bound) => front.bind(0, '127.0.0.1', bound));
    return new LossyPath(front, serverPort, path);
  }

  get port(): number {
    return this.#front.address().port;
  }

  /** Clients that are new from now on belong to this run. */
  begin(run: number): void {
    for (const flow of this.#fading.values()) flow.close();
    this.#fading = this.#flows;
    this.#flows = new Map();
    this.#run = run;
  }

  close(): void {
    for (const flow of [...this.#flows.values(), ...this.#fading.values()]) flow.close();
    this.#front.close();
  }

  #open(clientPort: number): Flow {
    const flow = new Flow(this.#path, this.#run, this.#serverPort, (datagram) =>
      this.#front.send(datagram, clientPort, '127.0.0.1'),
    );
    this.#flows.set(clientPort, flow);
    return flow;
  }
}
