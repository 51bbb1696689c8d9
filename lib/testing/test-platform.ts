import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../async/index.js';
import { NetDiagnosticsError } from '../errors.js';
import type { NetDiagnosticsOptions } from '../options/index.js';
import {
  DEFAULT_PROJECT,
  type EndpointView,
  EventBus,
  MAX_PAGE,
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

/** Less than the five seconds that Jest and Vitest give a test, because our message says more than theirs. */
const TIMEOUT_MS = 4_000;
/** How often the state is checked. */
const POLL_MS = 10;

/** Options of {@link TestPlatform.start}. */
export interface TestPlatformOptions {
  /** How long {@link TestPlatform.granted} waits, in whole milliseconds up to 600000. Default: 4000. */
  timeoutMs?: number | undefined;
  /** Called with every event, for a log. */
  onEvent?: PlatformEventListener | undefined;
}

const OPTIONS = {
  timeoutMs: option(milliseconds(0, 600_000), TIMEOUT_MS),
  onEvent: option(callback<PlatformEventListener>(), null),
};

/**
 * A platform for tests, in the process of the test: the real one, on loopback, with a store in memory and without a
 * dashboard. Start one for each test file, not for each test: a UDP port is free again only when the process ends.
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
  /** For an app that reads its settings from the environment: as {@link options}, with the API secret. */
  readonly env: Readonly<Record<string, string>>;
  readonly #apiSecret: ApiSecret;
  readonly #lasting: Lasting;
  readonly #timeoutMs: number;
  #services: ServicesHost;
  /** Why an app was last refused. */
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
   * Starts a platform with one API secret.
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
   * Options for an app under test: the API secret, only loopback, no metrics, quick reports.
   * @param own - the app's own options, which win
   */
  options(own: NetDiagnosticsOptions = {}): NetDiagnosticsOptions {
    // If the app has its own endpoint, the app decides its network.
    const usual = own.endpoint ? QUICK_OPTIONS : LOCAL_OPTIONS;
    return { ...usual, apiSecret: this.#apiSecret.reveal(), ...own };
  }

  /**
   * Waits until the app is connected and has given its grant: from then on the platform can dial it back.
   * @param choice - which app, if several are connected
   * @throws NetDiagnosticsError `ERR_TIMEOUT`, with a message that says what is missing; `ERR_STATE` when the platform
   * was stopped
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
   * @returns the report as the platform received it
   * @throws as {@link granted}; `DialBackError` when the app refuses, fails or cannot be reached (its `kind` says which)
   */
  async dialBack(choice: AppChoice & { timeoutMs?: number | undefined } = {}): Promise<DiagnosticsReport> {
    const { endpointId } = await this.granted(choice);
    return (await this.#services.dialBack({ project: DEFAULT_PROJECT, id: endpointId })).report;
  }

  /** All received reports, of all apps or of one, newest first: from dial-backs and from uploads (`reportOnStart`). */
  async reports(choice: AppChoice = {}): Promise<ReportRecord[]> {
    const endpoints = chosen(await this.endpoints(), choice);
    const reports = await Promise.all(endpoints.map((endpoint) => this.#services.reports(endpoint)));
    return reports.flat().sort((a, b) => b.receivedAt - a.receivedAt);
  }

  /** Every app that has ever connected, as the dashboard lists them: name, grant, button, whether it is connected. */
  async endpoints(): Promise<EndpointView[]> {
    const all: EndpointView[] = [];
    for (let after: string | undefined; ; ) {
      const { endpoints, next } = await this.#services.endpoints({ after, limit: MAX_PAGE });
      all.push(...endpoints);
      if (next === null) return all;
      after = next;
    }
  }

  /**
   * Makes the platform unreachable, as during a restart: sessions end, and nothing answers. It keeps its data. An app
   * tries to reconnect after half a second, then less and less often; `startImpatient` makes it faster. Idempotent.
   */
  async goAway(): Promise<void> {
    this.#isAway = true;
    await this.#services.stop();
  }

  /** Ends {@link goAway}: the same platform with the same data. Idempotent. @throws `ERR_STATE` when stopped */
  async comeBack(): Promise<void> {
    this.#assertNotStopped();
    if (!this.#isAway) return;
    this.#services = openOn(this.#lasting);
    this.#services.subscribe(this.#hear);
    this.#isAway = false;
  }

  /**
   * Revokes the API secret, which cannot be undone: sessions end, the platform answers 401, and the app's state becomes
   * `unauthorized`. Idempotent.
   */
  async refuse(): Promise<void> {
    await this.#services.revokeApiSecret(this.#apiSecret.keyId);
  }

  /** Stops it; running apps lose their platform. Received data can still be read. Idempotent, never rejects. */
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

/** What stays during {@link TestPlatform.goAway}. */
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
