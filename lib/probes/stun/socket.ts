import { randomBytes } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { onAbort } from '../../async/index.js';
import { codeOf } from '../../errors.js';
import type { Family } from '../../report/index.js';
import { formatSocketAddr, type SocketAddr, socketAddr, unmapped } from '../../wire/index.js';
import { NO_ROUTE_CODES } from '../constants.js';
import { micros } from '../probe.js';
import { LOCAL_REFUSALS, type Schedule, TRANSACTION_ID_BYTES } from './constants.js';
import {
  type BindingResponse,
  type ChangeRequest,
  decodeBindingResponse,
  encodeBindingRequest,
} from './message.js';

/** How a request ended. `cut`: the time was up before the schedule ended; `refused`: this machine did not send it. */
export type Attempt =
  | { result: 'answered'; response: BindingResponse; from: SocketAddr; ms: number; sends: number }
  | { result: 'silent' }
  | { result: 'cut' }
  | { result: 'refused'; code: string };

interface Transaction {
  /** Whether an answer may come from this address. */
  mayCome(from: SocketAddr): boolean;
  answered(response: BindingResponse, from: SocketAddr): void;
  end(attempt: Attempt): void;
}

/** One UDP socket that asks STUN servers. Answers can be compared because they went to the same local port. */
export class StunSocket {
  readonly family: Family;
  readonly #socket: Socket;
  readonly #signal: AbortSignal;
  readonly #elapsed: () => number;
  readonly #pending = new Map<string, Transaction>();
  readonly #forget: () => void;

  private constructor(family: Family, signal: AbortSignal, elapsed: () => number) {
    this.family = family;
    this.#elapsed = elapsed;
    this.#signal = signal;
    // Without `ipv6Only` an IPv6 socket would also speak IPv4, and its answers would enter the other family's
    // verdict.
    this.#socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6', ipv6Only: family === 6 });
    this.#socket.on('message', (bytes, remote) => this.#receive(bytes, remote));
    this.#forget = onAbort(signal, () => this.#endAll());
  }

  /**
   * Runs `use` with a bound socket and closes it. `signal` ends what is pending; `elapsed`: monotonic milliseconds.
   * Rejects with the system's error if no socket can be bound.
   */
  static async with<T>(
    family: Family,
    signal: AbortSignal,
    elapsed: () => number,
    use: (socket: StunSocket) => Promise<T>,
  ): Promise<T> {
    const opened = new StunSocket(family, signal, elapsed);
    try {
      await opened.#bind();
      return await use(opened);
    } finally {
      opened.#close();
    }
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Asks one server. With `change` the answer may come from any address, otherwise only from the server's. */
  request(server: SocketAddr, schedule: Schedule, change?: ChangeRequest): Promise<Attempt> {
    if (this.#signal.aborted) return Promise.resolve({ result: 'cut' });
    return new Promise<Attempt>((resolve) => {
      const id = randomBytes(TRANSACTION_ID_BYTES);
      const key = id.toString('hex');
      const request = encodeBindingRequest(id, change);
      const asked = formatSocketAddr(server);
      const startedAt = this.#elapsed();
      let sends = 0;
      const end = (attempt: Attempt) => {
        if (!this.#pending.delete(key)) return;
        for (const timer of timers) clearTimeout(timer);
        resolve(attempt);
      };
      const send = () => {
        sends += 1;
        this.#socket.send(request, server.port, server.ip, (error) => {
          const code = codeOf(error);
          if (LOCAL_REFUSALS.has(code) || NO_ROUTE_CODES.has(code)) end({ result: 'refused', code });
        });
      };
      const answered = (response: BindingResponse, from: SocketAddr) =>
        end({ result: 'answered', response, from, ms: micros(this.#elapsed() - startedAt), sends });
      const mayCome = (from: SocketAddr) => change !== undefined || formatSocketAddr(from) === asked;
      this.#pending.set(key, { mayCome, answered, end });
      const timers = [
        ...schedule.sendAt.map((ms) => setTimeout(send, ms)),
        setTimeout(() => end({ result: 'silent' }), schedule.giveUpAfter),
      ];
    });
  }

  #receive(bytes: Buffer, remote: RemoteInfo): void {
    const response = decodeOrNull(bytes);
    const transaction = this.#pending.get(response?.transactionId.toString('hex') ?? '');
    if (response === null || transaction === undefined) return;
    const from = unmapped(socketAddr(remote.address, remote.port));
    if (transaction.mayCome(from)) transaction.answered(response, from);
  }

  #bind(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.once('error', reject);
      // Otherwise workers of node:cluster would share one port.
      this.#socket.bind({ port: 0, exclusive: true }, () => {
        this.#socket.off('error', reject);
        // A later error of the socket shows as silence.
        this.#socket.on('error', () => undefined);
        resolve();
      });
    });
  }

  #endAll(): void {
    for (const { end } of [...this.#pending.values()]) end({ result: 'cut' });
  }

  #close(): void {
    this.#forget();
    this.#endAll();
    this.#socket.close();
  }
}

/** Anybody can send anything to an open port. What is not an answer is ignored. */
function decodeOrNull(bytes: Buffer): BindingResponse | null {
  try {
    return decodeBindingResponse(bytes);
  } catch {
    return null;
  }
}
