import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../async/index.js';
import { NetDiagnosticsError } from '../errors.js';
import type { NetDiagnosticsOptions } from '../options/index.js';
import {
  type EndpointView,
  EventBus,
  MemoryStore,
  type PlatformEvent,
  type PlatformEventListener,
  platformAddress,
  type ReportRecord,
  ServicesHost,
} from '../services/index.js';
import { callback, milliseconds, option, readOptions } from '../settings/index.js';
import { bindEndpoint, type Endpoint } from '../transport/index.js';
import { type ApiSecret, type DiagnosticsReport, SecretKey } from '../wire/index.js';
import { type AppChoice, chosen, explain, type Granted, grantedBy } from './app-choice.js';
import { LOCAL_OPTIONS, QUICK_OPTIONS, toEnv } from './quick.js';

/** Below the five seconds that Jest and Vitest give a test: their message says less than ours. */
const TIMEOUT_MS = 4_000;
/** How often the state is looked at. */
const POLL_MS = 10;

/** Options of {@link TestPlatform.start}. */
export interface TestPlatformOptions {
  /** How long {@link TestPlatform.granted} waits, in whole milliseconds up to 600000. Default: 4000. */
  timeoutMs?: number | undefined;
  /** Gets everything that happens, for a log. */
  onEvent?: PlatformEventListener | undefined;
}

const OPTIONS = {
  timeoutMs: option(milliseconds(0, 600_000), TIMEOUT_MS),
  onEvent: option(callback<PlatformEventListener>(), null),
};

/**
 * A platform for tests, in the process of the test: the real one, on loopback, with a store in memory and without a
 * dashboard. Start one for a file of tests rather than one for each test: a UDP port is free again only when the
 * process ends.
 *
 * @example
 * const platform = await TestPlatform.start();
 * const app = NetDiagnostics.start(platform.options({ name: 'web-1' }));
 * await platform.granted({ name: 'web-1' });
 * const report = await platform.dialBack();
 * await app.stop();
 * await platform.stop();
 */
export class TestPlatform {
  /** For an app that reads its settings from the environment: as {@link options}, the API secret included. */
  readonly env: Readonly<Record<string, string>>;
  readonly #apiSecret: ApiSecret;
  readonly #lasting: Lasting;
  readonly #timeoutMs: number;
  #services: ServicesHost;
  /** Why an app was turned away last. */
  #refusal: string | null = null;
  #isAway = false;
  #stopped: Promise<void> | null = null;

  private constructor(lasting: Lasting, services: ServicesHost, apiSecret: ApiSecret, timeoutMs: number) {
    this.#lasting = lasting;
    this.#services = services;
    this.#apiSecret = apiSecret;
    this.#timeoutMs = timeoutMs;
    this.env = toEnv(this.options());
    services.subscribe(this.#hear);
  }

  /**
   * Starts one, with one API secret.
   * @throws NetDiagnosticsError `ERR_SETTING`, `ERR_BIND`, `ERR_BINDING_UNAVAILABLE`
   */
  static async start(options: TestPlatformOptions = {}): Promise<TestPlatform> {
    const { timeoutMs, onEvent } = readOptions('TestPlatform.start()', OPTIONS, options);
    const { network, bindAddrs } = LOCAL_OPTIONS;
    const secretKey = SecretKey.fromBytes(randomBytes(32));
    const endpoint = await bindEndpoint({ secretKey, network, bindAddrs, alpns: [] });
    const lasting = { endpoint, store: new MemoryStore(), onEvent };
    const services = openOn(lasting);
    return new TestPlatform(lasting, services, await services.createApiSecret('test'), timeoutMs);
  }

  /**
   * Options for an app under test: the API secret, loopback and nothing else, no metrics, quick reports.
   * @param own - the app's own, which win
   */
  options(own: NetDiagnosticsOptions = {}): NetDiagnosticsOptions {
    // The network of an endpoint of the app's own is its owner's.
    const usual = own.endpoint ? QUICK_OPTIONS : LOCAL_OPTIONS;
    return { ...usual, apiSecret: this.#apiSecret.reveal(), ...own };
  }

  /**
   * Waits until the app is connected and has granted: from then on the platform can dial it back.
   * @param choice - which app, where several are connected
   * @throws NetDiagnosticsError `ERR_TIMEOUT`, with a message that says how far the app has come; `ERR_STATE` when
   * the platform was stopped
   */
  async granted(choice: AppChoice & { timeoutMs?: number | undefined } = {}): Promise<Granted> {
    const { timeoutMs = this.#timeoutMs } = choice;
    const end = monotonicMs() + timeoutMs;
    for (;;) {
      this.#assertNotStopped();
      const endpoints = await this.endpoints();
      const granted = this.#isAway ? null : grantedBy(endpoints, choice);
      if (granted !== null) return granted;
      if (monotonicMs() >= end) {
        const why = explain({ choice, endpoints, isAway: this.#isAway, refusal: this.#refusal });
        throw new NetDiagnosticsError('ERR_TIMEOUT', `No grant within ${Math.round(timeoutMs)} ms. ${why}`);
      }
      await sleep(POLL_MS);
    }
  }

  /**
   * Presses Run Diagnostics: waits for the grant ({@link granted}), then dials the app back.
   * @returns the report as the platform got it over the wire
   * @throws as {@link granted}; `DialBackError` when the app refuses, fails or cannot be reached (its `kind` says which)
   */
  async dialBack(choice: AppChoice & { timeoutMs?: number | undefined } = {}): Promise<DiagnosticsReport> {
    const { endpointId } = await this.granted(choice);
    return (await this.#services.dialBack(endpointId)).report;
  }

  /** Every report that has come, dialled back or uploaded (`reportOnStart`), newest first: of all apps, or of one. */
  async reports(choice: AppChoice = {}): Promise<ReportRecord[]> {
    const endpoints = chosen(await this.endpoints(), choice);
    const reports = await Promise.all(endpoints.map(({ id }) => this.#services.reports(id)));
    return reports.flat().sort((a, b) => b.receivedAt - a.receivedAt);
  }

  /** Every app that has come, as the dashboard would list them: name, grant, button, whether it is connected. */
  endpoints(): Promise<EndpointView[]> {
    return this.#services.endpoints();
  }

  /**
   * Is not there any more, as while it restarts: sessions end, and nobody answers. What it knows it keeps. An app looks
   * for it after half a second first, then less and less often; `startImpatient` makes it more eager. Idempotent.
   */
  async goAway(): Promise<void> {
    this.#isAway = true;
    await this.#services.stop();
  }

  /** Ends {@link goAway}: the same platform, with all that it knew. Idempotent. @throws `ERR_STATE` when stopped */
  async comeBack(): Promise<void> {
    this.#assertNotStopped();
    if (!this.#isAway) return;
    this.#services = openOn(this.#lasting);
    this.#services.subscribe(this.#hear);
    this.#isAway = false;
  }

  /**
   * Answers 401 from now on, for good, as if the API secret had been revoked: sessions end, and the app's state becomes
   * `unauthorized`. Idempotent.
   */
  async refuse(): Promise<void> {
    await this.#services.revokeApiSecret(this.#apiSecret.keyId);
  }

  /** Ends it; apps that still run lose their platform. What has come can still be asked for. Idempotent, never rejects. */
  stop(): Promise<void> {
    this.#stopped ??= this.#services.stop().then(() => this.#lasting.endpoint.close());
    return this.#stopped;
  }

  /** {@link stop}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  readonly #hear = (event: PlatformEvent): void => {
    if (event.type === 'session-refused') this.#refusal = event.why;
    if (event.type === 'session-opened') this.#refusal = null;
  };

  #assertNotStopped(): void {
    if (this.#stopped !== null) throw new NetDiagnosticsError('ERR_STATE', 'The test platform was stopped.');
  }
}

/** What outlasts {@link TestPlatform.goAway}. */
interface Lasting {
  endpoint: Endpoint;
  store: MemoryStore;
  onEvent: PlatformEventListener | null;
}

function openOn({ endpoint, store, onEvent }: Lasting): ServicesHost {
  const events = new EventBus();
  if (onEvent !== null) events.subscribe(onEvent);
  return ServicesHost.start({
    endpoint,
    store,
    events,
    address: () => platformAddress(endpoint, 'loopback'),
  });
}
