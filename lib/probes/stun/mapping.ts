import type { AddressSeen, StunAnswerSeen } from '../../report/index.js';
import { formatSocketAddr, formatStunServer, type SocketAddr, type StunServer } from '../../wire/index.js';
import type { ProbeContext } from '../probe.js';
import { bindingSchedule, type Schedule } from './constants.js';
import type { BindingResponse } from './message.js';
import { problemOf } from './result.js';
import type { StunSocket } from './socket.js';
import { localSide, resolveServer } from './targets.js';

interface Told {
  answer: StunAnswerSeen;
  /** Absent: the server told no address that can be compared. */
  seen?: { server: SocketAddr; address: AddressSeen };
}

/** A server that has just answered. */
export interface Reached {
  label: string;
  server: SocketAddr;
  response: BindingResponse;
}

/** Which servers to ask, over which socket, and who is told of first answers. */
interface Asking {
  servers: readonly StunServer[];
  socket: StunSocket;
  context: ProbeContext;
  signal: AbortSignal;
  reached(reached: Reached): void;
}

/** Asks all servers of a family for our address, from one socket. */
export async function askMapping(
  asking: Asking,
): Promise<{ answers: StunAnswerSeen[]; addresses: AddressSeen[] }> {
  const told = (await Promise.all(asking.servers.map((server) => askServer(server, asking)))).flat();
  const addresses = await askAgain(told, asking);
  return { answers: told.map(({ answer }) => answer), addresses };
}

async function askServer(server: StunServer, asking: Asking): Promise<Told[]> {
  const { socket, context, signal } = asking;
  const { family } = socket;
  const label = formatStunServer(server);
  const resolved = await resolveServer(server, family, context, signal);
  if ('code' in resolved) {
    return [{ answer: { server: label, family, result: 'unresolved', code: resolved.code } }];
  }
  await context.headStart.over(signal);
  const schedule = bindingSchedule(context.firstAnswerMs.get(family));
  return Promise.all(resolved.addresses.map((address) => ask(label, address, asking, schedule)));
}

async function ask(
  label: string,
  server: SocketAddr,
  { socket, signal, reached }: Asking,
  schedule: Schedule,
): Promise<Told> {
  const base = { server: label, family: socket.family, ip: server.ip };
  const side = await localSide(server, socket.port, signal);
  if ('result' in side) return { answer: { ...base, ...side } };
  const attempt = await socket.request(server, schedule);
  if (attempt.result !== 'answered') return { answer: { ...base, ...attempt } };
  const { response, ms } = attempt;
  const problem = problemOf(response);
  if (problem !== null) return { answer: { ...base, result: 'error', code: problem, ms } };
  reached({ label, server, response });
  const { mapped } = response;
  if (mapped === null || mapped.port === 0) {
    const code = mapped === null ? 'ONLY_MAPPED_ADDRESS' : 'NO_PORT';
    return { answer: { ...base, result: 'error', code, ms } };
  }
  const observed = formatSocketAddr(mapped);
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

/**
 * If answers to one local address differ, the first server is asked again: only if it repeats its answer does the
 * difference mean something.
 */
async function askAgain(told: readonly Told[], { socket, context }: Asking): Promise<AddressSeen[]> {
  const schedule = bindingSchedule(context.firstAnswerMs.get(socket.family));
  const all = told.flatMap(({ seen }) => (seen === undefined ? [] : [seen]));
  return Promise.all(
    all.map(async ({ server, address }) => {
      const alike = all.filter((other) => other.address.local === address.local);
      const isFirst = alike[0]?.address === address;
      if (!isFirst || alike.every((other) => other.address.observed === address.observed)) return address;
      const attempt = await socket.request(server, schedule);
      const again = attempt.result === 'answered' ? attempt.response.mapped : null;
      return again === null ? address : { ...address, again: formatSocketAddr(again) };
    }),
  );
}
