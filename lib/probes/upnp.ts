import { onAbort, scoped, TimeUp, within } from '../async/index.js';
import { codeOf, messageOf } from '../errors.js';
import { printable } from '../text.js';
import { askGateway, type Gateway } from './port-mapping/ask-gateway.js';
import { type Probe, type ProbeContext, probeError, type RunResult, saw } from './probe.js';
import { LOCATION_MS, MAX_LOCATIONS, MAX_STRANGERS, MIN_SEARCH_MS, UPNP_MS } from './upnp/constants.js';
import { gatewayUrl } from './upnp/description.js';
import { explore, type UsableGateway } from './upnp/explore.js';
import { searchGateway } from './upnp/ssdp.js';

/** Whether the gateway maps ports over UPnP, its name, and its external address. Maps nothing. */
export const upnpProbe = {
  name: 'upnp',
  plan: () => [
    {
      run: (context) => askGateway((gateway) => askUpnp(gateway, context))(context),
    },
  ],
} as const satisfies Probe;

/** Errors that are an answer: the gateway does not map ports for us. */
const REFUSALS: ReadonlySet<string> = new Set(['REFUSED', 'NO_PORT_MAPPING', 'ECONNREFUSED']);

async function askUpnp(gateway: Gateway, context: ProbeContext): Promise<RunResult> {
  const { signal, gatewayPorts } = context;
  const search = new Search(gateway, gatewayPorts.ssdp);
  // The time that it took to find the gateway is subtracted, because the report waits longest for this probe.
  const usable = await search.run(Math.max(MIN_SEARCH_MS, UPNP_MS - context.elapsed()), signal);
  signal.throwIfAborted();
  return usable === null ? search.inVain() : found(gateway, usable);
}

function found({ ip }: Gateway, { name, service, externalIp }: UsableGateway): RunResult {
  return saw({
    portMappings: [
      { protocol: 'upnp', gateway: ip, available: true, ...(externalIp === null ? {} : { externalIp }) },
    ],
    details: { name, service },
  });
}

/** One search for the gateway's UPnP service, with all that it learned. */
class Search {
  readonly #gateway: Gateway;
  readonly #port: number;
  readonly #locations = new Map<string, Promise<void>>();
  readonly #strangers = new Set<string>();
  readonly #failures: unknown[] = [];
  #sentElsewhere = false;
  #socketError: Error | null = null;

  constructor(gateway: Gateway, port: number) {
    this.#gateway = gateway;
    this.#port = port;
  }

  /** The first usable service. Null: there was none before the time was over or the signal fired. */
  run(ms: number, signal: AbortSignal): Promise<UsableGateway | null> {
    const endsAt = performance.now() + ms;
    return scoped(
      signal,
      (over) =>
        new Promise((resolve) => {
          const follow = (senderIp: string, location: string) =>
            this.#follow(senderIp, location, endsAt, over.signal, resolve);
          within(ms, over.signal, (limited) => this.#search(limited, follow)).catch(() =>
            // Attempts end when their time does. One that knows everything but the external address is still used.
            Promise.all(this.#locations.values()).then(() => resolve(null)),
          );
        }),
    );
  }

  /** Searches until the signal fires. */
  #search(signal: AbortSignal, onAnswer: (senderIp: string, location: string) => void): Promise<never> {
    return new Promise((_, reject) => {
      onAbort(signal, () => reject(signal.reason));
      searchGateway({
        gateway: this.#gateway,
        port: this.#port,
        signal,
        onAnswer,
        onError: (error) => {
          this.#socketError = error;
        },
      });
    });
  }

  #follow(
    senderIp: string,
    location: string,
    endsAt: number,
    signal: AbortSignal,
    done: (usable: UsableGateway) => void,
  ): void {
    const { ip } = this.#gateway;
    if (senderIp !== ip) {
      if (this.#strangers.size < MAX_STRANGERS) this.#strangers.add(senderIp);
      return;
    }
    const url = gatewayUrl(location, ip);
    if (url === null) {
      this.#sentElsewhere = true;
      return;
    }
    if (this.#locations.has(url.href) || this.#locations.size >= MAX_LOCATIONS) return;
    const left = Math.max(LOCATION_MS, endsAt - performance.now());
    const attempt = within(left, signal, (limited) => explore(url, ip, limited)).then(
      done,
      (error: unknown) => void this.#failures.push(error),
    );
    this.#locations.set(url.href, attempt);
  }

  /** The result if there was no usable service. */
  inVain(): RunResult {
    const { ip } = this.#gateway;
    const [refusal] = this.#failures;
    // If another LOCATION was silent or broken, the gateway may map ports there: unknown.
    if (refusal !== undefined && this.#failures.every((failure) => REFUSALS.has(codeOf(failure)))) {
      return saw({
        portMappings: [{ protocol: 'upnp', gateway: ip, available: false, refusal: codeOf(refusal) }],
        details: { refusal: printable(messageOf(refusal)) },
      });
    }
    const broken = this.#failures.filter((error) => !(error instanceof TimeUp));
    const failure = broken.find((error) => !REFUSALS.has(codeOf(error)));
    if (failure !== undefined) return { outcome: 'failed', error: probeError(failure) };
    if (this.#failures.length > 0) {
      return silent(`the gateway ${ip} announced itself, but nothing answers where it points to`);
    }
    if (this.#sentElsewhere) {
      const message = `the gateway ${ip} named a LOCATION that is not its own`;
      return { outcome: 'failed', error: { code: 'ELSEWHERE', message } };
    }
    if (this.#strangers.size > 0) {
      const message = `only devices that are not the gateway answered: ${[...this.#strangers].join(', ')}`;
      return { outcome: 'failed', error: { code: 'NOT_THE_GATEWAY', message } };
    }
    if (this.#socketError !== null) return { outcome: 'failed', error: probeError(this.#socketError) };
    return silent(`the gateway ${ip} did not answer a search`);
  }
}

function silent(message: string): RunResult {
  return { outcome: 'timeout', error: { code: 'NO_ANSWER', message } };
}
