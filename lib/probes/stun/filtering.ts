import type { ChangedAnswer, Family, FilteringSeen, StunAnswerSeen } from '../../report/index.js';
import { formatSocketAddr, type SocketAddr } from '../../wire/index.js';
import type { ProbeContext, RunResult } from '../probe.js';
import { BINDING_SCHEDULE, changeSchedule } from './constants.js';
import { resultOf } from './result.js';
import type { StunServer } from './server.js';
import { type Attempt, StunSocket } from './socket.js';
import { withSoftEnd } from './soft-end.js';
import { localSide, resolveServer } from './targets.js';

interface Tried {
  answer: StunAnswerSeen;
  /** Absent: the server cannot answer from elsewhere, as far as it tells. */
  filtering?: FilteringSeen;
}

/**
 * Asks each server to answer from another address and port (RFC 5780, section 4.4). One fresh socket a server: a
 * socket that has written to more than one address would have opened the filter by itself.
 */
export function runFiltering(
  servers: readonly StunServer[],
  family: Family,
  context: ProbeContext,
): Promise<RunResult> {
  return withSoftEnd(context, async (signal) => {
    const tried = (await Promise.all(servers.map((server) => test(server, family, context, signal)))).flat();
    const filterings = tried.flatMap(({ filtering }) => (filtering === undefined ? [] : [filtering]));
    return resultOf(
      tried.map(({ answer }) => answer),
      filterings.length > 0,
      filterings.length === 0 ? {} : { filterings },
    );
  });
}

async function test(
  server: StunServer,
  family: Family,
  context: ProbeContext,
  signal: AbortSignal,
): Promise<Tried[]> {
  const resolved = await resolveServer(server, family, context, signal);
  if ('code' in resolved) {
    return [{ answer: { server: server.label, family, result: 'unresolved', code: resolved.code } }];
  }
  const [address] = resolved.addresses;
  if (address === undefined) return [];
  const tried = await StunSocket.with(family, signal, context.elapsed, (socket) =>
    testAddress(server.label, address, socket, signal),
  );
  return [tried];
}

async function testAddress(
  label: string,
  server: SocketAddr,
  socket: StunSocket,
  signal: AbortSignal,
): Promise<Tried> {
  const base = { server: label, family: socket.family, ip: server.ip };
  const side = await localSide(server, socket.port, signal);
  if ('code' in side) return { answer: { ...base, result: 'refused', code: side.code } };
  const plain = await socket.request(server, BINDING_SCHEDULE);
  if (plain.result !== 'answered') return { answer: { ...base, ...plain } };
  const { response, ms } = plain;
  if (response.errorCode !== null) {
    return { answer: { ...base, result: 'error', code: `STUN_${response.errorCode}`, ms } };
  }
  const answer: StunAnswerSeen = { ...base, result: 'answered', ms };
  const { other } = response;
  // coturn names itself where it has no other address, or is asked at its second one.
  if (other === null || other.ip === server.ip || other.port === server.port) return { answer };
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

/** An answer counts only if it came from where it was to come from: some servers ignore the request. */
function changed(attempt: Attempt, server: SocketAddr, otherIp: boolean): ChangedAnswer {
  if (attempt.result === 'silent' || attempt.result === 'cut') return attempt.result;
  if (attempt.result === 'refused' || attempt.response.errorCode !== null) return 'refused';
  const { from } = attempt;
  const asAsked = (from.ip !== server.ip) === otherIp && from.port !== server.port;
  return asAsked ? 'arrived' : 'ignored';
}

/** Silence means something only on a path that loses little. */
async function answersAtOnce(server: SocketAddr, socket: StunSocket): Promise<boolean> {
  const control = await socket.request(server, BINDING_SCHEDULE);
  return control.result === 'answered' && control.response.errorCode === null && control.sends === 1;
}
