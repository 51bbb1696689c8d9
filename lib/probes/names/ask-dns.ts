import { Resolver } from 'node:dns/promises';
import { onAbort } from '../../async/index.js';
import { codeOf } from '../../errors.js';
import type { Family } from '../../report/index.js';
import { ProbeFailure } from '../probe-failure.js';

/** Name servers that are asked; as many as glibc asks. */
const MAX_SERVERS = 3;

/**
 * After so many milliseconds the next server is asked as well. A server that works has answered from its cache by
 * then.
 */
const NEXT_SERVER_MS = 300;

/** After so many milliseconds all are asked again: a question is one datagram, and may be lost. */
const ROUNDS_MS: readonly number[] = [0, 1000, 2500];

/**
 * How long one question waits, in milliseconds: longer than anybody here waits. A server that must ask others answers
 * late, and a late answer to the first question is as good as one to the third.
 */
const PATIENCE_MS = 10_000;

/** Answers that are final: there is no such name, or it has no address of this family. */
const NEGATIVE: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA']);

interface Question {
  host: string;
  family: Family;
  /** `ip` or `ip:port`. Default: those of the system. */
  servers: readonly string[] | undefined;
  signal: AbortSignal;
}

/**
 * Asks the name servers for one family of a name, over its own sockets. `getaddrinfo` would block one of the few
 * threads of the process, asks for both families together, and cannot be cancelled. The first address counts, or the
 * first final "no"; a server that cannot answer is replaced by the next at once.
 *
 * @throws `ENOTFOUND`, `ENODATA`; `ESERVFAIL`, `ECONNREFUSED` and others when no server could answer
 */
export async function askDns(question: Question): Promise<readonly string[]> {
  const { signal } = question;
  signal.throwIfAborted();
  const servers = (question.servers ?? new Resolver().getServers()).slice(0, MAX_SERVERS);
  const schedule = ROUNDS_MS.flatMap((round) =>
    servers.map((server, index) => ({ server, at: round + index * NEXT_SERVER_MS })),
  );
  const open = new Set<Resolver>();
  const timers = new Set<NodeJS.Timeout>();
  let forget = () => {};
  try {
    return await new Promise<readonly string[]>((resolve, reject) => {
      forget = onAbort(signal, () => reject(signal.reason));
      let firstRound = servers.length;
      let started = 0;
      const startNext = () => {
        const next = schedule[started];
        if (next === undefined) return;
        started += 1;
        askOne(next.server, question, open).then(resolve, (error: unknown) => {
          if (NEGATIVE.has(codeOf(error))) return reject(error);
          firstRound -= 1;
          // All servers said that they cannot answer. They would say so again.
          if (firstRound === 0) return reject(error);
          if (started < servers.length) startNext();
        });
      };
      schedule.forEach(({ at }, index) => {
        if (at === 0) startNext();
        else timers.add(setTimeout(() => started <= index && startNext(), at));
      });
      if (servers.length === 0) reject(new ProbeFailure('ECONNREFUSED', 'no name server'));
    });
  } finally {
    for (const timer of timers) clearTimeout(timer);
    for (const resolver of open) resolver.cancel();
    forget();
  }
}

// One resolver for each question: a resolver that has seen quick answers gives up early on slow ones.
async function askOne(
  server: string,
  { host, family, servers }: Question,
  open: Set<Resolver>,
): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: PATIENCE_MS, tries: 1 });
  if (servers !== undefined || resolver.getServers().length > 1) resolver.setServers([server]);
  open.add(resolver);
  try {
    return await (family === 4 ? resolver.resolve4(host) : resolver.resolve6(host));
  } finally {
    open.delete(resolver);
  }
}
