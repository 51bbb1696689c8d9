import { createSocket } from 'node:dgram';
import { onAbort } from '../../async/index.js';

/** A question in one datagram. */
export interface DatagramQuestion<T> {
  /** IPv4 address. Only datagrams from there are read. */
  ip: string;
  port: number;
  /** @param localIp - our address on the way there */
  request(localIp: string): Uint8Array;
  /** Null: not an answer, so the wait goes on. */
  read(datagram: Uint8Array): T | null;
  /** When the question is sent, in milliseconds from now. */
  sendsAtMs: readonly number[];
  /** Ends the wait: rejects with its reason. */
  signal: AbortSignal;
}

/**
 * Asks and waits for the first datagram that is an answer. The socket is connected, so the kernel drops datagrams
 * from others, and reports `ECONNREFUSED` if nothing listens there; the promise rejects with that.
 */
export function askDatagram<T>(question: DatagramQuestion<T>): Promise<T> {
  const { ip, port, request, read, sendsAtMs, signal } = question;
  return new Promise<T>((resolve, reject) => {
    signal.throwIfAborted();
    const socket = createSocket('udp4');
    const timers: NodeJS.Timeout[] = [];
    let isOver = false;
    const settle = (act: () => void) => {
      if (isOver) return;
      isOver = true;
      forget();
      for (const timer of timers) clearTimeout(timer);
      socket.close();
      act();
    };
    const failed = (error: Error) => settle(() => reject(error));
    const forget = onAbort(signal, () => settle(() => reject(signal.reason)));
    // This listener stays: errors after the end do not matter, but without a listener they would be thrown.
    socket.on('error', failed);
    socket.on('message', (datagram) => {
      const answer = read(datagram);
      if (answer !== null) settle(() => resolve(answer));
    });
    socket.on('connect', () => {
      const datagram = request(socket.address().address);
      const send = () => socket.send(datagram, (error) => error && failed(error));
      for (const ms of sendsAtMs) timers.push(setTimeout(send, ms));
    });
    socket.connect(port, ip);
  });
}
