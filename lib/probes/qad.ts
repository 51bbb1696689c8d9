import type {
  AddressSeen,
  Family,
  LatencySeen,
  RefusalSeen,
  ResolvedRelayTarget,
  SilenceSeen,
} from '../report/index.js';
import { formatSocketAddr } from '../wire/index.js';
import { abortable } from './abortable.js';
import { DEFAULT_QUIC_PORT } from './constants.js';
import type { PlannedRun, Probe, ProbeContext, RunResult } from './probe.js';
import { codeOf, probeError } from './probe-error.js';
import { type Discovered, discover, QadSocket, type TrustAnchors } from './qad/index.js';
import { udpRoute } from './udp-route.js';
import { within } from './within.js';

const FAMILIES = [4, 6] as const;

/** The run ends itself this long before the deadline, so that what it saw until then is in the report. */
const MARGIN_MS = 50;

/** A relay that was asked for a shorter time than this, in milliseconds, was not silent: it had no time. */
const FAIR_CHANCE_MS = 1000;

/** The kernel's word for a datagram that a firewall on this machine did not let out. */
const LOCAL_REFUSALS: ReadonlySet<string> = new Set(['EPERM', 'EACCES']);

/** One address of one relay. */
interface Destination {
  relay: ResolvedRelayTarget;
  ip: string;
}

/** What came of asking it. */
type Answer = Destination &
  (
    | { result: 'seen'; local: string; discovered: Discovered }
    | { result: 'silent' }
    | { result: 'failed'; error: unknown }
  );

/**
 * Our address as each relay sees it, by QUIC address discovery; all relays of a family from one socket, so that
 * their answers can be compared.
 *
 * @param trust - whom iroh trusts; asked for before anything is timed
 */
export function qadProbe(trust: (context: ProbeContext) => TrustAnchors) {
  return {
    name: 'qad',
    plan: ({ relays }) => {
      const offering = relays.filter(({ quicPort }) => quicPort !== null);
      if (offering.length === 0) return [];
      return FAMILIES.map(
        (family): PlannedRun => ({
          family,
          run: (context) => new Run(family, context, trust).look(offering),
        }),
      );
    },
  } as const satisfies Probe;
}

class Run {
  readonly #family: Family;
  readonly #context: ProbeContext;
  readonly #trust: TrustAnchors;

  constructor(family: Family, context: ProbeContext, trust: (context: ProbeContext) => TrustAnchors) {
    this.#family = family;
    this.#context = context;
    this.#trust = trust(context);
  }

  async look(relays: readonly ResolvedRelayTarget[]): Promise<RunResult> {
    const socket = await QadSocket.bind(this.#family);
    try {
      const answers = (await Promise.all(relays.map((relay) => this.#askRelay(relay, socket)))).flat();
      return this.#result(answers, await this.#askAgain(answers, socket));
    } finally {
      await socket.close();
    }
  }

  get #budgetMs(): number {
    return Math.max(0, this.#context.remaining() - MARGIN_MS);
  }

  /** None, when the relay has no address of this family. */
  async #askRelay(relay: ResolvedRelayTarget, socket: QadSocket): Promise<Answer[]> {
    const { hostname } = new URL(relay.url);
    try {
      const ours = await within(this.#budgetMs, this.#context.signal, (signal) =>
        abortable(this.#context.resolver.resolve(hostname, this.#family), signal),
      );
      return await Promise.all(ours.map(({ ip }) => this.#ask({ relay, ip }, socket)));
    } catch (error) {
      this.#context.signal.throwIfAborted();
      return [{ relay, ip: hostname, result: 'failed', error }];
    }
  }

  async #ask(destination: Destination, socket: QadSocket): Promise<Answer> {
    const { relay, ip } = destination;
    const { signal } = this.#context;
    const port = relay.quicPort ?? DEFAULT_QUIC_PORT;
    const timeoutMs = this.#budgetMs;
    try {
      const { sourceIp, refusal } = await udpRoute(this.#family, ip, port, signal);
      if (sourceIp === null) throw noRoute(refusal);
      const host = new URL(relay.url).hostname;
      const trust = this.#trust;
      const discovered = await discover({ host, ip, port, socket, trust, timeoutMs, signal });
      const local = formatSocketAddr({ family: this.#family, ip: sourceIp, port: socket.port });
      return { ...destination, result: 'seen', local, discovered };
    } catch (error) {
      signal.throwIfAborted();
      const isSilent = codeOf(error) === 'QAD_SILENT' && timeoutMs >= FAIR_CHANCE_MS;
      return isSilent ? { ...destination, result: 'silent' } : { ...destination, result: 'failed', error };
    }
  }

  /**
   * Asks the first that answered once more, where the answers differ: only then it matters whether it repeats itself.
   * Null: not asked, or no answer.
   */
  async #askAgain(answers: readonly Answer[], socket: QadSocket): Promise<string | null> {
    const [first, ...others] = answers.filter((answer) => answer.result === 'seen');
    if (first === undefined) return null;
    const observed = ({ discovered }: typeof first) => formatSocketAddr(discovered.observed);
    if (others.every((other) => observed(other) === observed(first))) return null;
    const again = await this.#ask(first, socket);
    return again.result === 'seen' ? observed(again) : null;
  }

  #result(answers: readonly Answer[], again: string | null): RunResult {
    const family = this.#family;
    if (answers.length === 0) {
      return {
        outcome: 'skipped',
        error: { code: 'NO_ADDRESS', message: `no relay has an IPv${family} address` },
      };
    }
    const addresses: AddressSeen[] = [];
    const latencies: LatencySeen[] = [];
    const silences: SilenceSeen[] = [];
    const refusals: RefusalSeen[] = [];
    const details: Record<string, string> = {};
    for (const answer of answers) {
      const { relay, ip } = answer;
      if (answer.result === 'seen') {
        const { observed, rttMs: ms } = answer.discovered;
        const repeated = addresses.length === 0 && again !== null ? { again } : {};
        addresses.push({
          ...{ family, local: answer.local, by: 'quic', observed: formatSocketAddr(observed) },
          ...{ destinationIp: ip, destinationPort: relay.quicPort ?? DEFAULT_QUIC_PORT },
          ...repeated,
        });
        latencies.push({ relayUrl: relay.url, kind: family === 4 ? 'ipv4' : 'ipv6', ms });
      } else if (answer.result === 'failed') {
        const { code, message } = probeError(answer.error);
        details[`${relay.url} ${ip}`] = `${code}: ${message}`;
        if (LOCAL_REFUSALS.has(code)) refusals.push({ family, relayUrl: relay.url, code });
      } else if (answers.every((other) => other.relay !== relay || other.result === 'silent')) {
        if (!silences.some(({ relayUrl }) => relayUrl === relay.url))
          silences.push({ family, relayUrl: relay.url, isKnown: relay.isQuicPortKnown });
      }
    }
    const observation = { addresses, latencies, silences, refusals, details };
    if (addresses.length > 0) return { outcome: 'ok', observation };
    const failed = answers.find((answer) => answer.result === 'failed');
    if (failed !== undefined) return { outcome: 'failed', error: probeError(failed.error), observation };
    return {
      outcome: 'timeout',
      error: { code: 'QAD_SILENT', message: 'no relay answered over UDP' },
      observation,
    };
  }
}

function noRoute(code = 'ENETUNREACH'): Error {
  return Object.assign(new Error('this machine has no route there'), { code });
}
