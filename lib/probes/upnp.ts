import { messageOf } from '../errors.js';
import { cleanText } from '../report/index.js';
import { askGateway, type Gateway } from './ask-gateway.js';
import { type Probe, type ProbeContext, type RunResult, saw } from './probe.js';
import { codeOf, probeError } from './probe-error.js';
import { MAX_LOCATIONS, MAX_STRANGERS, UPNP_MS } from './upnp/constants.js';
import { explore, type UsableGateway } from './upnp/explore.js';
import { gatewayUrl } from './upnp/gateway-url.js';
import { searchGateway } from './upnp/ssdp.js';
import { TimeUp, within } from './within.js';

/** Whether the gateway maps ports over UPnP, its name and its external address. Maps nothing. */
export const upnpProbe = {
  name: 'upnp',
  plan: () => [{ run: askGateway(askUpnp) }],
} as const satisfies Probe;

/** What ended one attempt to use a gateway, the telling ones first. */
const REFUSALS: ReadonlySet<string> = new Set(['REFUSED', 'NO_PORT_MAPPING', 'ECONNREFUSED']);

async function askUpnp(gateway: Gateway, { signal, gatewayPorts }: ProbeContext): Promise<RunResult> {
  const search = new Search(gateway, gatewayPorts.ssdp);
  const usable = await within(UPNP_MS, signal, (limited) => search.run(limited));
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

/** One search for the gateway's UPnP service, in all it was told. */
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

  /** The first usable service; null when the signal fired before there was one. */
  run(signal: AbortSignal): Promise<UsableGateway | null> {
    return new Promise((resolve) => {
      // Attempts end with the signal; one that has all but the external address is still a find.
      const end = () => Promise.all(this.#locations.values()).then(() => resolve(null));
      signal.addEventListener('abort', end, { once: true });
      searchGateway({
        gateway: this.#gateway,
        port: this.#port,
        signal,
        onAnswer: (senderIp, location) => this.#follow(senderIp, location, signal, resolve),
        onError: (error) => {
          this.#socketError = error;
        },
      });
    });
  }

  #follow(
    senderIp: string,
    location: string,
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
    const attempt = explore(url, ip, signal).then(done, (error: unknown) => void this.#failures.push(error));
    this.#locations.set(url.href, attempt);
  }

  /** Why there was no usable service. */
  inVain(): RunResult {
    const { ip } = this.#gateway;
    const refusal = this.#failures.find((failure) => REFUSALS.has(codeOf(failure)));
    if (refusal !== undefined) {
      return saw({
        portMappings: [{ protocol: 'upnp', gateway: ip, available: false, refusal: codeOf(refusal) }],
        details: { refusal: cleanText(messageOf(refusal)) },
      });
    }
    const [failure] = this.#failures.filter((error) => !(error instanceof TimeUp));
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
