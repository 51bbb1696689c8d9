import { connect, type Socket } from 'node:net';
import { onAbort } from '../../async/index.js';
import { codeOf } from '../../errors.js';
import { NO_ROUTE_CODES } from '../constants.js';
import type { ResolvedAddress } from '../names/resolver.js';
import { ProbeFailure } from '../probe-failure.js';

/** iroh gives up a TCP connection after this many milliseconds (`DIAL_ENDPOINT_TIMEOUT`). */
const DIAL_MS = 1500;

/** iroh tries the next address after this many milliseconds without a connection (`CONNECTION_ATTEMPT_DELAY`). */
const NEXT_ADDRESS_MS = 250;

/** iroh waits so long for addresses of the family it prefers when the others are there first (`RESOLUTION_DELAY`). */
const RESOLUTION_MS = 50;

/**
 * Opens a TCP connection as iroh-relay's client does (`dial_happy_eyeballs`): the preferred family first, then both in
 * turn; the next address after a quarter of a second, or at once if no attempt is open. The first connection wins. If its
 * TLS fails, iroh tries no other address, and neither do we.
 *
 * @throws the error of the attempt that says most
 */
export async function dial(
  addresses: AsyncIterable<readonly ResolvedAddress[]>,
  port: number,
  first: ResolvedAddress['family'],
  signal: AbortSignal,
): Promise<Socket> {
  const queue: ResolvedAddress[] = [];
  const dialling = new Set<Socket>();
  const errors: unknown[] = [];
  let preferred = first;
  let isStarted = false;
  let allKnown = false;
  let timer: NodeJS.Timeout | undefined;
  let forget = () => {};
  let winner: Socket | undefined;
  try {
    return await new Promise<Socket>((resolve, reject) => {
      forget = onAbort(signal, () => reject(signal.reason));
      const arm = (ms: number) => {
        clearTimeout(timer);
        timer = setTimeout(next, ms);
      };
      const next = () => {
        clearTimeout(timer);
        timer = undefined;
        const index = Math.max(
          queue.findIndex(({ family }) => family === preferred),
          0,
        );
        const [address] = queue.splice(index, 1);
        if (address === undefined) {
          if (allKnown && dialling.size === 0) reject(mostTelling(errors));
          return;
        }
        preferred = preferred === 4 ? 6 : 4;
        isStarted = true;
        arm(NEXT_ADDRESS_MS);
        const socket = connect({ host: address.ip, port, noDelay: true });
        dialling.add(socket);
        socket.setTimeout(DIAL_MS, () => socket.destroy(silent()));
        socket.once('error', (error) => errors.push(error));
        socket.once('close', () => {
          if (!dialling.delete(socket)) return;
          if (dialling.size === 0) next();
        });
        socket.once('connect', () => {
          socket.setTimeout(0).removeAllListeners();
          winner = socket;
          resolve(socket);
        });
      };
      const collect = async () => {
        for await (const known of addresses) {
          queue.push(...known);
          if (isStarted) {
            if (dialling.size === 0 || timer === undefined) next();
          } else if (known.some(({ family }) => family === first)) next();
          else arm(RESOLUTION_MS);
        }
        allKnown = true;
        if (dialling.size === 0) next();
      };
      collect().catch(reject);
    });
  } finally {
    clearTimeout(timer);
    forget();
    for (const socket of dialling) {
      if (socket !== winner) socket.on('error', () => undefined).destroy();
    }
  }
}

function silent(): Error {
  return new ProbeFailure('ETIMEDOUT', 'no answer to a TCP connection');
}

// "Refused" over IPv4 explains more than "no route" over IPv6.
function mostTelling(errors: readonly unknown[]): unknown {
  return errors.find((error) => !NO_ROUTE_CODES.has(codeOf(error))) ?? errors[0];
}
