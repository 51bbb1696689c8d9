import { createSocket, type Socket } from 'node:dgram';

/** Which datagram of a direction this is, from 0, and what is in it. Returns false to lose it. */
export type Passes = (direction: 'to-server' | 'to-client', index: number, datagram: Buffer) => boolean;

/** A path to one server that loses datagrams as it is told. Every client gets a port of its own, as behind a NAT. */
export class UdpProxy {
  readonly counts = { 'to-server': 0, 'to-client': 0 };
  readonly #front: Socket;
  readonly #backs = new Map<number, Socket>();
  readonly #serverPort: number;
  readonly #passes: Passes;

  private constructor(front: Socket, serverPort: number, passes: Passes) {
    this.#front = front;
    this.#serverPort = serverPort;
    this.#passes = passes;
    front.on('message', (datagram, { port }) => {
      if (!this.#counted('to-server', datagram)) return;
      this.#backFor(port).send(datagram, this.#serverPort, '127.0.0.1');
    });
  }

  static async start(serverPort: number, passes: Passes): Promise<UdpProxy> {
    const front = createSocket('udp4');
    await new Promise<void>((bound) => front.bind(0, '127.0.0.1', bound));
    return new UdpProxy(front, serverPort, passes);
  }

  get port(): number {
    return this.#front.address().port;
  }

  /** As the server sees the client. */
  publicPortOf(clientPort: number): number {
    return this.#backFor(clientPort).address().port;
  }

  async close(): Promise<void> {
    const sockets = [this.#front, ...this.#backs.values()];
    await Promise.all(sockets.map((socket) => new Promise<void>((closed) => socket.close(closed))));
  }

  #backFor(clientPort: number): Socket {
    const known = this.#backs.get(clientPort);
    if (known !== undefined) return known;
    const back = createSocket('udp4');
    back.on('message', (datagram) => {
      if (this.#counted('to-client', datagram)) this.#front.send(datagram, clientPort, '127.0.0.1');
    });
    this.#backs.set(clientPort, back);
    return back;
  }

  #counted(direction: 'to-server' | 'to-client', datagram: Buffer): boolean {
    return this.#passes(direction, this.counts[direction]++, datagram);
  }
}
