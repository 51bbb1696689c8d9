import { newAbort, settledWithin, untilAborted, watchClock } from '../async/index.js';
import { codeOf, messageOf, NetDiagnosticsError } from '../errors.js';
import {
  type ActiveSettings,
  isActive,
  type Settings,
  type UnknownVariable,
  unknownVariableText,
} from '../options/index.js';
import type { ConnectionHandler } from '../transport/index.js';
import { CLIENT_HOST_ALPN, formatSocketAddr } from '../wire/index.js';
import { QUIESCE_TIMEOUT_MS, SERVICE_STOP_TIMEOUT_MS, STOP_TIMEOUT_MS } from './constants.js';
import { type OpenedEndpoint, openEndpoint } from './open-endpoint.js';
import { noteRegistration } from './registrations.js';
import { Service, type ServiceOptions } from './service.js';

/** What a {@link Life} needs, and what it passes on to its service. */
export interface LifeOptions
  extends Omit<ServiceOptions, keyof OpenedEndpoint | 'settings' | 'clockJump' | 'handlers'> {
  settings: Settings;
  /** Logged at the beginning. */
  unknownVariables: readonly UnknownVariable[];
}

/** Opens the endpoint, starts the service on it, and ends both in the right order. */
export class Life {
  readonly #options: LifeOptions;
  readonly #stopping = newAbort();
  readonly #handlers = new Map<string, ConnectionHandler>();
  /** Settles when everything is closed. Never rejects. `null` before {@link begin}. */
  #whole: Promise<void> | null = null;
  #service: Service | null = null;
  #stopped: Promise<void> | null = null;
  #beQuiet: () => void = () => {};
  /** Resolves when the service has ended; the endpoint is closed after it. */
  readonly #quiet = new Promise<void>((resolve) => {
    this.#beQuiet = resolve;
  });

  constructor(options: LifeOptions) {
    this.#options = options;
  }

  /** Fires when {@link stop} is called. */
  get end(): AbortSignal {
    return this.#stopping.signal;
  }

  /** The service that runs on the endpoint; `null` while there is none. */
  get service(): Service | null {
    return this.#service;
  }

  /** Opens everything in the background. Idempotent; does nothing after {@link stop}. */
  begin(): void {
    const { settings, log, unknownVariables } = this.#options;
    if (this.#whole !== null || this.end.aborted) return;
    for (const variable of unknownVariables) {
      log.warn(unknownVariableText(variable), { event: 'unknown-variable', variable: variable.name });
    }
    // The promise is awaited later, or never. If it rejects before, that must not be an unhandled rejection.
    Promise.resolve(settings.endpoint).catch(() => {});
    this.#whole = isActive(settings) ? this.#live(settings) : this.#beDisabled();
  }

  /** Serves another ALPN, until the endpoint is closed. @throws `ERR_ALPN` when it has a handler already */
  handle(alpn: string, handler: ConnectionHandler): void {
    if (alpn === CLIENT_HOST_ALPN || this.#handlers.has(alpn)) {
      throw new NetDiagnosticsError('ERR_ALPN', `The ALPN ${JSON.stringify(alpn)} has a handler already.`);
    }
    this.#service?.handle(alpn, handler);
    this.#handlers.set(alpn, handler);
  }

  /** Ends everything, within 5 s. Idempotent, never rejects. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Begins {@link stop}, and waits until the app may close its own endpoint, half a second at most. */
  async quiesce(): Promise<void> {
    void this.stop();
    if (this.#options.settings.endpoint === null) return;
    // The service has ended, if there was any.
    await settledWithin(QUIESCE_TIMEOUT_MS, Promise.race([this.#quiet, this.#whole]));
  }

  async #stop(): Promise<void> {
    const { statusStore, telemetry } = this.#options;
    this.#stopping.abort();
    // At once: the listener may be gone before everything is closed.
    statusStore.set('stopped');
    if (this.#whole !== null) await settledWithin(STOP_TIMEOUT_MS, this.#whole);
    telemetry.stop();
  }

  #beDisabled(): Promise<void> {
    const { settings, statusStore, log } = this.#options;
    const reason = settings.enabled ? 'no-secret' : 'switched-off';
    statusStore.set('disabled', { reason });
    if (reason === 'no-secret') {
      log.info('disabled: no API secret. Set IROH_SERVICES_API_SECRET to connect to the platform.', {
        event: 'disabled',
        reason,
      });
    } else log.debug('disabled: switched off', { event: 'disabled', reason });
    return Promise.resolve();
  }

  async #live(settings: ActiveSettings): Promise<void> {
    const forget = noteRegistration(settings, this.#options.log);
    try {
      await this.#connect(settings);
    } finally {
      forget();
    }
  }

  async #connect(settings: ActiveSettings): Promise<void> {
    const { parts, statusStore, log } = this.#options;
    const { id, relayUrls, directAddrs } = settings.apiSecret.platform;
    statusStore.note({ platform: { id, relays: relayUrls, addrs: directAddrs.map(formatSocketAddr) } });
    // One watch for everything that waits here.
    const clockJump = watchClock(parts.clock);
    const opened = await openEndpoint({ settings, parts, statusStore, log, clockJump, signal: this.end });
    if (opened === null) return;
    const { endpoint } = opened;
    try {
      statusStore.note({ endpointId: endpoint.id });
      await this.#serve({ ...this.#options, ...opened, settings, clockJump, handlers: this.#handlers });
    } catch (error) {
      // The app's own endpoint may be closed, or other code may accept connections on it.
      statusStore.noteError(codeOf(error, 'ERR_UNKNOWN'), messageOf(error));
      const reason = endpoint.isClosed ? 'endpoint-closed' : 'failed';
      statusStore.set('unavailable', { reason });
      log.error(`no diagnostics: ${messageOf(error)}`, { event: 'unavailable', reason });
    } finally {
      if (endpoint.isOwned) await endpoint.close();
    }
  }

  /** From the first accepted connection to the last closed one. */
  async #serve(options: ServiceOptions): Promise<void> {
    const service = new Service(options);
    try {
      if (this.end.aborted) return;
      service.start();
      this.#service = service;
      await untilAborted(this.end);
    } finally {
      this.#service = null;
      options.statusStore.note({ servesDialBack: false });
      await settledWithin(SERVICE_STOP_TIMEOUT_MS, service.stop());
      this.#beQuiet();
    }
  }
}
