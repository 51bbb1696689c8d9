import type { AddressSeen, Family, StunAnswerSeen } from '../../report/index.js';
import { formatSocketAddr, type SocketAddr } from '../../wire/index.js';
import type { ProbeContext, RunResult } from '../probe.js';
import { BINDING_SCHEDULE } from './constants.js';
import { resultOf } from './result.js';
import type { StunServer } from './server.js';
import { StunSocket } from './socket.js';
import { withSoftEnd } from './soft-end.js';
import { localSide, resolveServer } from './targets.js';

interface Told {
  answer: StunAnswerSeen;
  /** Absent: nothing comparable was told. */
  seen?: { server: SocketAddr; address: AddressSeen };
}

/** Asks all servers of a family from one socket how they see it. */
export function runMapping(
  servers: readonly StunServer[],
  family: Family,
  context: ProbeContext,
): Promise<RunResult> {
  return withSoftEnd(context, (signal) =>
    StunSocket.with(family, signal, context.elapsed, async (socket) => {
      const told = (
        await Promise.all(servers.map((server) => askServer(server, socket, context, signal)))
      ).flat();
      const addresses = await askAgain(told, socket);
      return resultOf(
        told.map(({ answer }) => answer),
        addresses.length > 0,
        addresses.length === 0 ? {} : { addresses },
      );
    }),
  );
}

async function askServer(
  server: StunServer,
  socket: StunSocket,
  context: ProbeContext,
  signal: AbortSignal,
): Promise<Told[]> {
  const { family } = socket;
  const resolved = await resolveServer(server, family, context, signal);
  if ('code' in resolved) {
    return [{ answer: { server: server.label, family, result: 'unresolved', code: resolved.code } }];
  }
  return Promise.all(resolved.addresses.map((address) => ask(server.label, address, socket, signal)));
}

async function ask(
  label: string,
  server: SocketAddr,
  socket: StunSocket,
  signal: AbortSignal,
): Promise<Told> {
  const base = { server: label, family: socket.family, ip: server.ip };
  const side = await localSide(server, socket.port, signal);
  if ('code' in side) return { answer: { ...base, result: 'refused', code: side.code } };
  const attempt = await socket.request(server, BINDING_SCHEDULE);
  if (attempt.result !== 'answered') return { answer: { ...base, ...attempt } };
  const { response, ms } = attempt;
  if (response.errorCode !== null) {
    return { answer: { ...base, result: 'error', code: `STUN_${response.errorCode}`, ms } };
  }
  // An address in clear alone proves nothing: a NAT may have rewritten it into our own.
  if (response.mapped === null || response.mapped.port === 0) {
    return { answer: { ...base, result: 'error', code: 'NO_XOR_MAPPED_ADDRESS', ms } };
  }
  const observed = formatSocketAddr(response.mapped);
  const plain = response.plainMapped === null ? observed : formatSocketAddr(response.plainMapped);
  const rewritten = plain === observed ? {} : { rewrittenTo: plain };
  return {
    answer: { ...base, result: 'answered', ms, ...rewritten },
    seen: {
      server,
      address: {
        ...{ family: socket.family, local: side.local, by: 'stun', observed },
        ...{ destinationIp: server.ip, destinationPort: server.port },
      },
    },
  };
}

/** Where answers from one local side differ, the first of them must repeat itself before that means anything. */
async function askAgain(told: readonly Told[], socket: StunSocket): Promise<AddressSeen[]> {
  const all = told.flatMap(({ seen }) => (seen === undefined ? [] : [seen]));
  return Promise.all(
    all.map(async ({ server, address }) => {
      const alike = all.filter((other) => other.address.local === address.local);
      const isFirst = alike[0]?.address === address;
      if (!isFirst || alike.every((other) => other.address.observed === address.observed)) return address;
      const attempt = await socket.request(server, BINDING_SCHEDULE);
      const again = attempt.result === 'answered' ? attempt.response.mapped : null;
      return again === null ? address : { ...address, again: formatSocketAddr(again) };
    }),
  );
}
