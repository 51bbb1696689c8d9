import { isIPv6, type Socket } from 'node:net';
import { abortable, Patience, TimeUp, within } from '../async/index.js';
import { codeOf } from '../errors.js';
import type { AskedRelay, Family, RelayStage } from '../report/index.js';
import { HTTP_PORT, HTTPS_PORT, RELAY_PATIENCE } from './constants.js';
import type { ResolvedAddress } from './names/resolver.js';
import { type PlannedRun, type Probe, type ProbeContext, probeError, type RunResult, saw } from './probe.js';
import { dial } from './relay/dial.js';
import { CertificateError, secure } from './relay/secure.js';
import { upgrade } from './relay/upgrade.js';
import { isRouted } from './routes/udp-route.js';

/** iroh gives up a relay after this many milliseconds (`CONNECT_TIMEOUT` of its relay actor). */
const CONNECT_MS = 10_000;

/** The run ends this long before the deadline, in milliseconds, so that the report tells how far it came. */
const MARGIN_MS = 50;

/** A relay that had less time than this, in milliseconds, is not called unusable because it was silent. */
const FAIR_CHANCE_MS = 1000;

/** Nor one that was silent in a step for less than so many times what its TCP connection took: it is far away. */
const FAIR_TIMES = 4;

/**
 * Whether iroh could use a relay. Does what iroh-relay's client does, up to the WebSocket through which peers are
 * found and direct paths are opened. Trusts the roots that iroh trusts.
 */
export const relayProbe = {
  name: 'relay',
  plan: ({ relays }) => {
    const patience = new Patience(RELAY_PATIENCE);
    return relays.map(
      ({ url }): PlannedRun => ({
        target: url,
        run: (context) => new Access(url, context, patience).look(),
      }),
    );
  },
} as const satisfies Probe;

class Access {
  readonly #url: URL;
  readonly #relayUrl: string;
  readonly #context: ProbeContext;
  readonly #patience: Patience;
  #stage: Exclude<RelayStage, 'ready'> = 'name';
  /** When that step began, and how long the TCP connection took, in milliseconds. */
  #stageAtMs = 0;
  #connectMs = 0;

  constructor(relayUrl: AskedRelay['url'], context: ProbeContext, patience: Patience) {
    this.#relayUrl = relayUrl;
    this.#url = new URL(relayUrl);
    this.#context = context;
    this.#patience = patience;
  }

  async look(): Promise<RunResult> {
    const { signal } = this.#context;
    const preferred = await this.#preferredFamily();
    const budgetMs = Math.min(CONNECT_MS, Math.max(0, this.#context.remaining() - MARGIN_MS));
    try {
      await within(budgetMs, signal, (cut) => this.#connect(preferred, cut));
      return saw({ access: [{ relayUrl: this.#relayUrl, stage: 'ready' }] });
    } catch (error) {
      signal.throwIfAborted();
      return this.#ended(error, budgetMs);
    }
  }

  /** iroh dials its relay after its own net report, and prefers IPv6 if that saw UDP over IPv6. */
  async #preferredFamily(): Promise<Family> {
    const { signal, headStart, firstAnswerMs } = this.#context;
    if (!(await isRouted(6, signal))) return 4;
    await headStart.over(signal);
    return firstAnswerMs.has(6) ? 6 : 4;
  }

  /** The lookup does not count: name servers are slow for other reasons than relays. */
  async #connect(preferred: Family, signal: AbortSignal): Promise<void> {
    const named = this.#context.resolver.addresses(this.#url.hostname);
    const first = await abortable(named.next(), signal);
    this.#enter('connect');
    const known: readonly ResolvedAddress[][] = first.done === true ? [] : [[...first.value]];
    await this.#patience.wait(signal, (cut) => this.#open(following(known, named), preferred, cut));
  }

  #enter(stage: Exclude<RelayStage, 'ready'>): void {
    this.#stage = stage;
    this.#stageAtMs = this.#context.elapsed();
  }

  async #open(
    addresses: AsyncIterable<readonly ResolvedAddress[]>,
    preferred: Family,
    signal: AbortSignal,
  ): Promise<void> {
    const { hostname, port, protocol } = this.#url;
    const isSecure = protocol === 'https:';
    const number = port === '' ? (isSecure ? HTTPS_PORT : HTTP_PORT) : Number(port);
    const socket = await dialAgain(addresses, number, preferred, signal);
    this.#connectMs = this.#context.elapsed() - this.#stageAtMs;
    // Unknown once the relay has closed.
    const remoteIp = socket.remoteAddress ?? '';
    try {
      if (!isSecure) return await this.#upgrade(socket, signal);
      this.#enter('tls');
      const secured = await secure(socket, hostname, this.#context.tls.trusted(), signal);
      await this.#upgrade(secured, signal);
      this.#context.lastTlsAnswerMs.set(familyOf(remoteIp), this.#context.elapsed());
    } finally {
      // Lets the last bytes go out.
      socket.on('error', () => undefined).destroySoon();
    }
  }

  async #upgrade(socket: Parameters<typeof upgrade>[0], signal: AbortSignal): Promise<void> {
    this.#enter('upgrade');
    await upgrade(socket, this.#url, signal);
  }

  /** Whether its silence in the last step says something. */
  #hadTime(budgetMs: number): boolean {
    if (budgetMs < FAIR_CHANCE_MS) return false;
    return this.#context.elapsed() - this.#stageAtMs >= FAIR_TIMES * this.#connectMs;
  }

  #ended(error: unknown, budgetMs: number): RunResult {
    const isCut = error instanceof TimeUp;
    const told = isCut
      ? { code: this.#hadTime(budgetMs) ? 'NO_ANSWER' : 'DEADLINE', message: `no answer (${this.#stage})` }
      : probeError(error);
    const details = error instanceof CertificateError ? { details: error.details } : {};
    return {
      outcome: isCut ? 'timeout' : 'failed',
      error: told,
      observation: {
        access: [{ relayUrl: this.#relayUrl, stage: this.#stage, code: told.code }],
        ...details,
      },
    };
  }
}

function familyOf(ip: string): Family {
  return isIPv6(ip) ? 6 : 4;
}

async function* following(
  known: readonly ResolvedAddress[][],
  more: AsyncIterable<readonly ResolvedAddress[]>,
): AsyncGenerator<readonly ResolvedAddress[]> {
  yield* known;
  yield* more;
}

/** iroh dials again after a silence, without end: on a bad link the third SYN may be the one that arrives. */
async function dialAgain(
  addresses: AsyncIterable<readonly ResolvedAddress[]>,
  port: number,
  preferred: Family,
  signal: AbortSignal,
): Promise<Socket> {
  const known: (readonly ResolvedAddress[])[] = [];
  async function* noted(): AsyncGenerator<readonly ResolvedAddress[]> {
    for await (const some of addresses) {
      known.push(some);
      yield some;
    }
  }
  async function* again(): AsyncGenerator<readonly ResolvedAddress[]> {
    yield* known;
  }
  let next = noted();
  for (;;) {
    try {
      return await dial(next, port, preferred, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (codeOf(error) !== 'ETIMEDOUT') throw error;
      next = again();
    }
  }
}
