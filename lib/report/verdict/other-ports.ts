import { type IsPublicAddress, parseSocketAddr } from '../../wire/index.js';
import type { AddressSeen } from '../observation.js';
import type { Fact, ProbeRecord } from '../types.js';
import { directPaths } from './paths.js';
import { judged, type Seen, seen, unknown } from './seen.js';

/** How many STUN servers must be silent before we say that a firewall blocks them. One alone may be down. */
const MIN_SILENT_SERVERS = 2;

/** The lowest UDP port on which a peer may listen. */
export const FIRST_UNPRIVILEGED_PORT = 1024;

/**
 * Ports of STUN, TURN and the big makers of calls. Firewalls that list the ports that they let out mostly have them, so
 * an answer there says nothing about the ports of peers.
 */
const CALL_PORTS: ReadonlySet<number> = new Set([
  ...[3478, 3479, 3480, 3481, 5349, 5350],
  ...[19302, 19303, 19304, 19305, 19306, 19307, 19308, 19309],
]);

/**
 * Whether UDP passes to other ports than those of the relays. Peers listen on any port, and a firewall may be open
 * for the relays only.
 */
export function judgeOtherPorts(records: readonly ProbeRecord[], isPublic: IsPublicAddress): Fact {
  const quic = seen(records, 'quic').filter(({ part }) => part.reached !== 'answered');
  const relayPorts = new Set(quic.map(({ part }) => part.destinationPort));
  const paths = directPaths(records).filter(({ part }) => isElsewhere(part.remoteAddr, relayPorts, isPublic));
  if (paths.length > 0) return judged('yes', 'a direct path to a peer at another port is live', paths);

  const answers = seen(records, 'addresses').filter(
    ({ part }) =>
      part.by === 'stun' &&
      !relayPorts.has(part.destinationPort) &&
      part.destinationPort >= FIRST_UNPRIVILEGED_PORT &&
      isPublic(part.destinationIp),
  );
  const telling = answers.filter(({ part }) => !CALL_PORTS.has(part.destinationPort));
  if (telling.length > 0) {
    return judged('yes', `STUN servers answered at UDP port ${portsOf(telling)}`, telling);
  }
  const open = new Set([...relayPorts, ...answers.map(({ part }) => part.destinationPort)]);
  const silent = seen(records, 'stun').filter(
    ({ part }) => part.result === 'silent' && isPeerPort(portOf(part.server), open),
  );
  // If only well-known ports (below 1024) passed, the firewall probably lists ports, and one silent server is enough.
  const areAllKnown = [...relayPorts].every((port) => port < FIRST_UNPRIVILEGED_PORT);
  const servers = new Set(silent.map(({ part }) => part.server)).size;
  if (relayPorts.size > 0 && servers >= (areAllKnown ? 1 : MIN_SILENT_SERVERS)) {
    const ports = [...open].join(', ');
    const reason = `UDP port ${ports} passes, but no STUN server at a port as peers have it answered`;
    return judged('no', reason, [...quic, ...answers, ...silent]);
  }
  if (answers.length > 0) {
    const reason = `no other UDP port was tried than those of the relays and of calls (${portsOf(answers)})`;
    return unknown(reason, [...answers, ...silent]);
  }
  return silent.length > 0
    ? unknown(
        'no other UDP port was tried than those of the relays, but for a STUN server that is silent',
        silent,
      )
    : unknown('no other UDP port was tried than those of the relays');
}

function portsOf(answers: readonly Seen<AddressSeen>[]): string {
  return [...new Set(answers.map(({ part }) => part.destinationPort))].join(', ');
}

/** @param open - ports that are known to pass */
function isPeerPort(port: number, open: ReadonlySet<number>): boolean {
  return port >= FIRST_UNPRIVILEGED_PORT && !open.has(port);
}

function portOf(server: string): number {
  return Number(/:(\d+)$/.exec(server)?.[1]);
}

function isElsewhere(
  remoteAddr: string,
  relayPorts: ReadonlySet<number>,
  isPublic: IsPublicAddress,
): boolean {
  try {
    const { ip, port } = parseSocketAddr(remoteAddr);
    return !relayPorts.has(port) && isPublic(ip);
  } catch {
    return false; // an address that we cannot read proves nothing
  }
}
