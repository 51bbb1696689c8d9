import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { onAbort } from '../../async/index.js';
import type { SocketAddr } from '../../wire/index.js';
import { QUESTIONS_MS } from './constants.js';

/** A QUIC server answers only datagrams that could begin a connection (RFC 9000, section 14.1). */
const DATAGRAM_SIZE = 1200;
const CONNECTION_ID_SIZE = 8;

/** A long header with the fixed bit; the other bits are the version's own (RFC 8999, section 5.1). */
const LONG_HEADER = 0xc0;

/** A version of the form that is reserved for this: no server speaks it (RFC 9000, section 15). */
const RESERVED_VERSION = [0x1a, 0x2a, 0x3a, 0x4a];

/** A question that every QUIC server answers, and how its answer is known. */
export interface Question {
  datagram: Uint8Array;
  /** Whether this is the answer: Version Negotiation that repeats our connection ids (RFC 8999, section 6). */
  isAnswer(bytes: Uint8Array): boolean;
}

/** Pure, but for the random connection ids: who does not read the question cannot answer it. */
export function strangersQuestion(random: (size: number) => Uint8Array = randomBytes): Question {
  const destination = random(CONNECTION_ID_SIZE);
  const source = random(CONNECTION_ID_SIZE);
  const datagram = new Uint8Array(DATAGRAM_SIZE);
  datagram.set([
    LONG_HEADER,
    ...RESERVED_VERSION,
    destination.length,
    ...destination,
    source.length,
    ...source,
  ]);
  const tail = [0, 0, 0, 0, source.length, ...source, destination.length, ...destination];
  return {
    datagram,
    isAnswer: (bytes) => {
      const [first = 0] = bytes;
      const versions = bytes.length - 1 - tail.length;
      return (
        first >= 0x80 && versions > 0 && versions % 4 === 0 && tail.every((byte, i) => bytes[i + 1] === byte)
      );
    },
  };
}

/**
 * Asks the QUIC server at `to` from a socket that has never been used, so that what lets its answer through is not the
 * connection that we have with it.
 * @param signal - ends it
 * @returns whether it answered; `null`: this machine did not send the question. Never rejects
 */
export function answersStrangers(to: SocketAddr, signal: AbortSignal): Promise<boolean | null> {
  const { datagram, isAnswer } = strangersQuestion();
  return new Promise((resolve) => {
    const socket = createSocket(to.family === 4 ? 'udp4' : 'udp6');
    const timers: NodeJS.Timeout[] = [];
    let sent = 0;
    let isOver = false;
    const end = (answer: boolean | null) => {
      if (isOver) return;
      isOver = true;
      forget();
      for (const timer of timers) clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    // A socket reports a "port unreachable" of the other side, too: that is no answer, and others may follow.
    socket.on('error', () => {});
    socket.on('message', (bytes) => {
      if (isAnswer(bytes)) end(true);
    });
    const ask = () =>
      socket.send(datagram, to.port, to.ip, (error) => {
        if (error === null) sent += 1;
      });
    for (const ms of QUESTIONS_MS) timers.push(setTimeout(ask, ms).unref());
    const forget = onAbort(signal, () => end(sent < QUESTIONS_MS.length ? null : false));
  });
}
