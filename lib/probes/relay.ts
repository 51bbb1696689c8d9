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

/** iroh gives up a relay after this many milliseconds (`CONNECT_TIMEOUT` of its relay actor). */
const CONNECT_MS = 10_000;

/** The run ends this long before the deadline, in milliseconds, so that the report tells how far it came. */
const MARGIN_MS = 50;

/** A relay that had less time than this, in milliseconds, is not called unusable because it was silent. */
const FAIR_CHANCE_MS = 1000;

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

  constructor(relayUrl: AskedRelay['url'], context: ProbeContext, patience: Patience) {
    this.#relayUrl = relayUrl;
    this.#url = new URL(relayUrl);
    this.#context = context;
    this.#patience = patience;
  }

  async look(): Promise<RunResult> {
    const { signal } = this.#context;
    const budgetMs = Math.min(CONNECT_MS, Math.max(0, this.#context.remaining() - MARGIN_MS));
    try {
      await within(budgetMs, signal, (cut) => this.#connect(cut));
      return saw({ access: [{ relayUrl: this.#relayUrl, stage: 'ready' }] });
    } catch (error) {
      signal.throwIfAborted();
      return this.#ended(error, budgetMs);
    }
  }

  /** The lookup does not count: name servers are slow for other reasons than relays. */
  async #connect(signal: AbortSignal): Promise<void> {
    const named = this.#context.resolver.addresses(this.#url.hostname);
    const first = await abortable(named.next(), signal);
    this.#stage = 'connect';
    const known: readonly ResolvedAddress[][] = first.done === true ? [] : [[...first.value]];
    await this.#patience.wait(signal, (cut) => this.#open(following(known, named), cut));
  }

  async #open(addresses: AsyncIterable<readonly ResolvedAddress[]>, signal: AbortSignal): Promise<void> {
    const { hostname, port, protocol } = this.#url;
    const isSecure = protocol === 'https:';
    const number = port === '' ? (isSecure ? HTTPS_PORT : HTTP_PORT) : Number(port);
    const socket = await dialAgain(addresses, number, signal);
    // Unknown once the relay has closed.
    const remoteIp = socket.remoteAddress ?? '';
    try {
      if (!isSecure) return await this.#upgrade(socket, signal);
      this.#stage = 'tls';
      const secured = await secure(socket, hostname, this.#context.tls.trusted(), signal);
      await this.#upgrade(secured, signal);
      this.#context.lastTlsAnswerMs.set(familyOf(remoteIp), this.#context.elapsed());
    } finally {
      // Lets the last bytes go out.
      socket.on('error', () => undefined).destroySoon();
    }
  }

  async #upgrade(socket: Parameters<typeof upgrade>[0], signal: AbortSignal): Promise<void> {
    this.#stage = 'upgrade';
    await upgrade(socket, this.#url, signal);
  }

  #ended(error: unknown, budgetMs: number): RunResult {
    const isCut = error instanceof TimeUp;
    const told = isCut
      ? { code: budgetMs < FAIR_CHANCE_MS ? 'DEADLINE' : 'NO_ANSWER', message: `no answer (${this.#stage})` }
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
      return await dial(next, port, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (codeOf(error) !== 'ETIMEDOUT') throw error;
      next = again();
    }
  }
}
