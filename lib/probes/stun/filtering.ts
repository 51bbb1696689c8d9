import type { ChangedAnswer, Family, FilteringSeen, StunAnswerSeen } from '../../report/index.js';
import { formatSocketAddr, type SocketAddr } from '../../wire/index.js';
import type { ProbeContext } from '../probe.js';
import { BINDING_SCHEDULE, changeSchedule } from './constants.js';
import type { Reached } from './mapping.js';
import { problemOf } from './result.js';
import { type Attempt, StunSocket } from './socket.js';
import { withSoftEnd } from './soft-end.js';
import { localSide } from './targets.js';

/** What came of asking one server. */
export interface Tried {
  answer: StunAnswerSeen;
  /** Absent: the server does not say that it can answer from another address. */
  filtering?: FilteringSeen;
}

/**
 * Another address and port from which the server says it can answer. Null: none. coturn names itself if it has no
 * other address, or if it was asked at its second one.
 */
export function elsewhere({
  server,
  response: { other },
}: Pick<Reached, 'server' | 'response'>): SocketAddr | null {
  return other === null || other.ip === server.ip || other.port === server.port ? null : other;
}

/**
 * Asks a server to answer from another address and port (RFC 5780, section 4.4). Each server gets a fresh socket: a
 * socket that wrote to more than one address would have opened the filter itself.
 */
export function testFiltering(
  { label, server }: Reached,
  family: Family,
  context: ProbeContext,
): Promise<Tried> {
  return withSoftEnd(context, (signal) =>
    StunSocket.with(family, signal, context.elapsed, (socket) => testAddress(label, server, socket, signal)),
  );
}

async function testAddress(
  label: string,
  server: SocketAddr,
  socket: StunSocket,
  signal: AbortSignal,
): Promise<Tried> {
  const base = { server: label, family: socket.family, ip: server.ip };
  const side = await localSide(server, socket.port, signal);
  if ('result' in side) return { answer: { ...base, ...side } };
  const plain = await socket.request(server, BINDING_SCHEDULE);
  if (plain.result !== 'answered') return { answer: { ...base, ...plain } };
  const { response, ms } = plain;
  const problem = problemOf(response);
  if (problem !== null) return { answer: { ...base, result: 'error', code: problem, ms } };
  const answer: StunAnswerSeen = { ...base, result: 'answered', ms };
  const other = elsewhere({ server, response });
  if (other === null) return { answer };
  const schedule = changeSchedule(ms);
  const [fromOtherIp, fromOtherPort] = await Promise.all([
    socket.request(server, schedule, { ip: true, port: true }).then((got) => changed(got, server, true)),
    socket.request(server, schedule, { ip: false, port: true }).then((got) => changed(got, server, false)),
  ]);
  const isSteady =
    fromOtherIp !== 'silent' && fromOtherPort !== 'silent' ? true : await answersAtOnce(server, socket);
  return {
    answer,
    filtering: {
      family: socket.family,
      local: side.local,
      server: formatSocketAddr(server),
      other: formatSocketAddr(other),
      fromOtherIp,
      fromOtherPort,
      isSteady,
    },
  };
}

/** An answer counts only if it came from the right place: some servers ignore the request. */
function changed(attempt: Attempt, server: SocketAddr, otherIp: boolean): ChangedAnswer {
  if (attempt.result === 'silent' || attempt.result === 'cut') return attempt.result;
  if (attempt.result === 'refused' || attempt.response.errorCode !== null) return 'refused';
  const { from } = attempt;
  const asAsked = (from.ip !== server.ip) === otherIp && from.port !== server.port;
  return asAsked ? 'arrived' : 'ignored';
}

/** Silence means something only if the path loses few datagrams. */
async function answersAtOnce(server: SocketAddr, socket: StunSocket): Promise<boolean> {
  const control = await socket.request(server, BINDING_SCHEDULE);
  return control.result === 'answered' && control.response.errorCode === null && control.sends === 1;
}
