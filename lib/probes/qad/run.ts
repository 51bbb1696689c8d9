import { abortable, newAbort, Patience, within } from '../../async/index.js';
import { codeOf } from '../../errors.js';
import type {
  AddressSeen,
  AskedRelay,
  Family,
  LatencySeen,
  QuicSeen,
  RefusalSeen,
  SilenceSeen,
} from '../../report/index.js';
import { DEFAULT_RELAY_QUIC_PORT, formatSocketAddr } from '../../wire/index.js';
import { type ProbeContext, probeError, type RunResult } from '../probe.js';
import { ProbeFailure } from '../probe-failure.js';
import { udpRoute } from '../routes/udp-route.js';
import {
  connect,
  Exchanges,
  type Proof,
  QadError,
  QadSocket,
  type Session,
  type TrustAnchors,
} from './index.js';

/** The runs end this long before the deadline, so that what they saw is in the report. */
const MARGIN_MS = 150;

/** A relay that had less time than this, in milliseconds, does not count as silent. */
const FAIR_CHANCE_MS = 900;

/** The same where another one has answered. It was asked more often then. */
const FAIR_CHANCE_BESIDE_OTHERS_MS = 800;

/** How long the others are waited for after one has answered. */
const OTHERS = { leastMs: 900, times: 3, than: 'first' } as const;

/** If one has answered within so many milliseconds, the others are asked more often. */
const QUICK_MS = 300;

/** The kernel's codes for a datagram that a firewall on this machine did not let out. */
const LOCAL_REFUSALS: ReadonlySet<string> = new Set(['EPERM', 'EACCES']);

/** Codes that say nothing about the relay. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(['QAD_SILENT', 'QAD_ABORTED']);

/** One address of one relay. */
interface Destination {
  relay: AskedRelay;
  ip: string;
}

type Seen = Destination & { result: 'seen'; local: string; observed: string; session: Session };

/** What came of asking it. */
type Answer =
  | Seen
  | (Destination & { result: 'silent' })
  | (Destination & { result: 'failed'; error: unknown });

/** Asks the relays of one family, all from one socket, so that their answers can be compared. */
export class QadRun {
  /** What they saw, and how far QUIC came. */
  readonly addresses: Promise<RunResult>;
  /** What the path to them carries. It ends later. */
  readonly exchange: Promise<RunResult>;
  readonly #family: Family;
  readonly #context: ProbeContext;
  readonly #trust: TrustAnchors;
  readonly #exchanges: Exchanges;
  /** In the order in which they answered. */
  readonly #seen: Seen[] = [];
  /** The first that answered, asked again. Null: none has answered. */
  #again: Promise<{ first: Seen; observed: string | null }> | null = null;
  readonly #patience = new Patience(OTHERS);
  readonly #hurry = newAbort();
  readonly #startedMs: number;

  constructor(family: Family, context: ProbeContext, trust: TrustAnchors, relays: readonly AskedRelay[]) {
    this.#family = family;
    this.#context = context;
    this.#trust = trust;
    this.#startedMs = context.elapsed();
    this.#exchanges = new Exchanges(
      family,
      () => this.#budgetMs,
      () => context.elapsed() - (context.lastTlsAnswerMs.get(family) ?? Number.NEGATIVE_INFINITY),
    );
    const giveBack = context.headStart.take();
    const socket = QadSocket.bind(family);
    const answers = socket.then((bound) => this.#askAll(relays, bound));
    this.addresses = answers.then((all) => this.#addressesOf(all));
    this.exchange = this.#prove(socket, answers);
    this.addresses.then(giveBack, giveBack);
    // Has its reader, who may have gone.
    this.exchange.catch(() => undefined);
  }

  get #budgetMs(): number {
    return Math.max(0, this.#context.remaining() - MARGIN_MS);
  }

  async #prove(socket: Promise<QadSocket>, answers: Promise<Answer[]>): Promise<RunResult> {
    const { signal } = this.#context;
    try {
      const all = await answers;
      await abortable(this.#exchanges.done, signal);
      await this.addresses;
      return this.#exchangeOf(all);
    } finally {
      for (const { session } of this.#seen) session.close();
      await (await socket).close();
    }
  }

  async #askAll(relays: readonly AskedRelay[], socket: QadSocket): Promise<Answer[]> {
    try {
      return (await Promise.all(relays.map((relay) => this.#askPatiently(relay, socket)))).flat();
    } finally {
      this.#exchanges.close();
    }
  }

  #askPatiently(relay: AskedRelay, socket: QadSocket): Promise<Answer[]> {
    return this.#patience.wait(
      this.#context.signal,
      (cut, answered) => this.#askRelay(relay, socket, cut, answered),
      // Said as soon as one of its addresses has answered.
      () => false,
    );
  }

  /** None, when the relay has no address of this family. */
  async #askRelay(
    relay: AskedRelay,
    socket: QadSocket,
    cut: AbortSignal,
    answered: () => void,
  ): Promise<Answer[]> {
    const { hostname } = new URL(relay.url);
    const { signal, resolver } = this.#context;
    try {
      const ours = await within(this.#budgetMs, cut, (limit) =>
        abortable(resolver.resolve(hostname, this.#family), limit),
      );
      return await Promise.all(
        ours.map(async ({ ip }) => {
          const answer = await this.#ask({ relay, ip }, socket, cut);
          if (answer.result === 'seen') this.#take(answer, socket, answered);
          return answer;
        }),
      );
    } catch (error) {
      signal.throwIfAborted();
      return [{ relay, ip: hostname, result: 'failed', error: cut.aborted ? notResolved() : error }];
    }
  }

  #take(answer: Seen, socket: QadSocket, answered: () => void): void {
    this.#seen.push(answer);
    this.#exchanges.add(answer.session);
    answered();
    if (this.#seen.length === 1) {
      const tookMs = this.#context.elapsed() - this.#startedMs;
      this.#context.firstAnswerMs.set(this.#family, tookMs);
      if (tookMs <= QUICK_MS) this.#hurry.abort();
    }
    this.#askAgain(socket);
  }

  /**
   * If the answers differ, asks the first that answered again, at once: then it matters whether it repeats its
   * answer. It waits for nobody else.
   */
  #askAgain(socket: QadSocket): void {
    if (this.#again !== null) return;
    const first = this.#seen.find(({ local, observed }) =>
      this.#seen.some((other) => other.local === local && other.observed !== observed),
    );
    if (first === undefined) return;
    this.#again = this.#ask(first, socket).then((answer) => {
      if (answer.result !== 'seen') return { first, observed: null };
      answer.session.close();
      return { first, observed: answer.observed };
    });
    this.#again.catch(() => undefined);
  }

  async #ask({ relay, ip }: Destination, socket: QadSocket, giveUp?: AbortSignal): Promise<Answer> {
    const { signal } = this.#context;
    const port = relay.quicPort ?? DEFAULT_RELAY_QUIC_PORT;
    const askedMs = this.#context.elapsed();
    try {
      const { sourceIp, refusal } = await udpRoute(this.#family, ip, port, signal);
      if (sourceIp === null) throw noRoute(refusal);
      const host = new URL(relay.url).hostname;
      const trust = this.#trust;
      const session = await connect({
        ...{ host, ip, port, socket, trust, signal, giveUp, hurry: this.#hurry.signal },
        // From now on, since the kernel's answer takes time on a busy machine.
        timeoutMs: this.#budgetMs,
      });
      const local = formatSocketAddr({ family: this.#family, ip: sourceIp, port: socket.port });
      return { relay, ip, result: 'seen', local, observed: formatSocketAddr(session.observed), session };
    } catch (error) {
      signal.throwIfAborted();
      const fairMs = this.#seen.length > 0 ? FAIR_CHANCE_BESIDE_OTHERS_MS : FAIR_CHANCE_MS;
      const hadTime = this.#context.elapsed() - askedMs >= fairMs;
      const isSilent = codeOf(error) === 'QAD_SILENT' && hadTime;
      return isSilent ? { relay, ip, result: 'silent' } : { relay, ip, result: 'failed', error };
    }
  }

  async #addressesOf(answers: readonly Answer[]): Promise<RunResult> {
    const family = this.#family;
    if (answers.length === 0) return this.#noAddress();
    const again = await this.#again;
    const latencies: LatencySeen[] = [];
    const silences: SilenceSeen[] = [];
    const refusals: RefusalSeen[] = [];
    const details: Record<string, string> = {};
    for (const answer of answers) {
      const { relay, ip } = answer;
      if (answer.result === 'seen') {
        const kind = family === 4 ? 'ipv4' : 'ipv6';
        latencies.push({ relayUrl: relay.url, kind, ms: answer.session.rttMs });
      } else if (answer.result === 'failed') {
        const { code, message } = probeError(answer.error);
        details[`${relay.url} ${ip}`] = `${code}: ${message}`;
        if (LOCAL_REFUSALS.has(code)) refusals.push({ family, relayUrl: relay.url, code });
      } else {
        details[`${relay.url} ${ip}`] = 'QAD_SILENT: no answer over UDP';
        if (silences.some(({ relayUrl }) => relayUrl === relay.url)) continue;
        if (answers.every((other) => other.relay !== relay || other.result === 'silent'))
          silences.push({ family, relayUrl: relay.url, isKnown: relay.isQuicPortKnown });
      }
    }
    const seen = answers.filter((answer) => answer.result === 'seen');
    // The one that was asked again comes first: the others are compared with it.
    seen.sort((a, b) => Number(b === again?.first) - Number(a === again?.first));
    const addresses = seen.map((answer): AddressSeen => {
      const { relay, ip, local, observed } = answer;
      const repeated = answer === again?.first && again.observed !== null ? { again: again.observed } : {};
      const destination = { destinationIp: ip, destinationPort: relay.quicPort ?? DEFAULT_RELAY_QUIC_PORT };
      return { family, local, by: 'quic', observed, ...destination, ...repeated };
    });
    const observation = {
      addresses,
      latencies,
      silences,
      refusals,
      quic: this.#handshakesOf(answers),
      details,
    };
    if (addresses.length > 0) return { outcome: 'ok', observation };
    const failed = answers.find((answer) => answer.result === 'failed');
    if (failed !== undefined) return { outcome: 'failed', error: probeError(failed.error), observation };
    return {
      outcome: 'timeout',
      error: { code: 'QAD_SILENT', message: 'no relay answered over UDP' },
      observation,
    };
  }

  /** How far QUIC came with those that answered, before the exchange. */
  #handshakesOf(answers: readonly Answer[]): QuicSeen[] {
    return answers.flatMap((answer): QuicSeen[] => {
      if (answer.result === 'silent') return [];
      if (answer.result === 'seen')
        return [{ ...this.#placeOf(answer), reached: 'established', ...NOTHING_SENT }];
      const { error } = answer;
      if (!(error instanceof QadError) || SAYS_NOTHING.has(error.code)) return [];
      const reached = error.code === 'QAD_NOT_OFFERED' ? 'established' : 'answered';
      return [{ ...this.#placeOf(answer), reached, ...NOTHING_SENT, code: error.code }];
    });
  }

  #exchangeOf(answers: readonly Answer[]): RunResult {
    if (answers.length === 0) return this.#noAddress();
    const quic = answers.flatMap((answer): QuicSeen[] => {
      const proof = answer.result === 'seen' ? this.#exchanges.proofs.get(answer.session) : undefined;
      return proof === undefined ? [] : [{ ...this.#placeOf(answer), ...reachedBy(proof) }];
    });
    const observation = { quic };
    if (quic.some(({ reached }) => reached === 'sustained')) return { outcome: 'ok', observation };
    const tried =
      quic.find(({ reached }) => reached === 'stalled') ?? quic[0] ?? this.#handshakesOf(answers)[0];
    if (tried === undefined) {
      const message = 'no relay answered over QUIC';
      return { outcome: 'skipped', error: { code: 'QAD_SILENT', message }, observation };
    }
    const { reached, code = reached === 'stalled' ? 'QAD_STALLED' : 'QAD_UNFINISHED' } = tried;
    return {
      outcome: reached === 'stalled' ? 'failed' : 'timeout',
      error: { code, message: 'full-size datagrams were not acknowledged for long enough' },
      observation,
    };
  }

  #placeOf({
    relay,
    ip,
  }: Destination): Pick<QuicSeen, 'family' | 'relayUrl' | 'destinationIp' | 'destinationPort'> {
    const destination = { destinationIp: ip, destinationPort: relay.quicPort ?? DEFAULT_RELAY_QUIC_PORT };
    return { family: this.#family, relayUrl: relay.url, ...destination };
  }

  #noAddress(): RunResult {
    const message = `no relay has an IPv${this.#family} address`;
    return { outcome: 'skipped', error: { code: 'NO_ADDRESS', message } };
  }
}

function reachedBy(
  proof: Proof | { error: unknown },
): Pick<QuicSeen, 'reached' | 'sent' | 'acknowledged' | 'lost' | 'spanMs' | 'code'> {
  if ('error' in proof) return { reached: 'established', ...NOTHING_SENT, code: codeOf(proof.error) };
  const { end, isFragmented, sent, acknowledged, lost, spanMs } = proof;
  const counts = { sent, acknowledged, lost, spanMs: Math.round(spanMs) };
  if (isFragmented) return { reached: 'stalled', ...counts, code: 'QAD_FRAGMENTED' };
  return { reached: end === 'cut' ? 'established' : end, ...counts };
}

const NOTHING_SENT = { sent: 0, acknowledged: 0, lost: 0, spanMs: 0 } as const;

function notResolved(): Error {
  return new ProbeFailure('NO_ANSWER', 'its name was not resolved');
}

function noRoute(code = 'ENETUNREACH'): Error {
  return new ProbeFailure(code, 'this machine has no route there');
}
