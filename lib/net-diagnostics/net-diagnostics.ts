import { linkedAbort, MAX_TIMER_MS, notify } from '../async/index.js';
import type { LabelState } from '../client/index.js';
import { NetDiagnosticsError } from '../errors.js';
import type { NetDiagnosticsEvent } from '../events.js';
import { type SafeLogger, safeLogger } from '../logger.js';
import {
  isActive,
  type NetDiagnosticsOptions,
  resolveSettings,
  type Settings,
  type UnknownVariable,
  unknownVariables,
} from '../options/index.js';
import type { LocalReport } from '../report/index.js';
import type { Status } from '../status.js';
import { createTelemetry, type Telemetry } from '../telemetry/index.js';
import {
  adoptConnection,
  CLOSE_UNAVAILABLE,
  type ConnectionHandler,
  type NativeConnection,
  type WaitOptions,
} from '../transport/index.js';
import { type Attributes, CLIENT_HOST_ALPN } from '../wire/index.js';
import { Introduction } from './introduction.js';
import { Life } from './life.js';
import { type Parts, SYSTEM_PARTS } from './parts.js';
import { Pause } from './pause.js';
import { Reporter, type RunOptions } from './reporter.js';
import type { Service } from './service.js';
import { StatusStore } from './status-store.js';
import type { Preview } from './wire-reports.js';

/** How {@link NetDiagnostics.ready} waits. */
export interface ReadyOptions {
  /** Milliseconds. Default: no limit. More than 2^31 − 1 (24.8 days) also means no limit. */
  timeoutMs?: number | undefined;
}

/**
 * Connects one endpoint with the platform, enables the platform's Run Diagnostics button, and answers each press with a
 * fresh report, until it is stopped.
 *
 * @example
 * const diagnostics = NetDiagnostics.start({ name: 'web-1' });
 * console.log(diagnostics.status().state);
 * await diagnostics.stop();
 */
export class NetDiagnostics {
  readonly #settings: Settings;
  readonly #log: SafeLogger;
  readonly #statusStore: StatusStore;
  readonly #reporter: Reporter;
  readonly #telemetry: Telemetry;
  readonly #pause = new Pause();
  readonly #introduction: Introduction;
  readonly #life: Life;

  /**
   * Starts in the background and returns at once. Problems of the network or the machine show as a state.
   * @param options - explicit options win over environment variables
   * @throws NetDiagnosticsError `ERR_SETTING` for a malformed setting, `ERR_ALPN` when the app's own endpoint accepts
   * no dial-backs; nothing else
   */
  static start(options?: NetDiagnosticsOptions): NetDiagnostics;
  /** @internal With other variables than `process.env`, and with parts that tests replace. */
  static start(
    options: NetDiagnosticsOptions,
    env: NodeJS.ProcessEnv,
    parts?: Partial<Parts>,
  ): NetDiagnostics;
  static start(
    options: NetDiagnosticsOptions = {},
    env: NodeJS.ProcessEnv = process.env,
    parts: Partial<Parts> = {},
  ): NetDiagnostics {
    const diagnostics = NetDiagnostics.prepare(options, env, parts);
    diagnostics.begin();
    return diagnostics;
  }

  /**
   * Like {@link start}, but nothing is opened before {@link begin}: for frameworks that first build everything and
   * then start it.
   * @throws as {@link start}
   */
  static prepare(options?: NetDiagnosticsOptions): NetDiagnostics;
  /** @internal As {@link start}. */
  static prepare(
    options: NetDiagnosticsOptions,
    env: NodeJS.ProcessEnv,
    parts?: Partial<Parts>,
  ): NetDiagnostics;
  static prepare(
    options: NetDiagnosticsOptions = {},
    env: NodeJS.ProcessEnv = process.env,
    parts: Partial<Parts> = {},
  ): NetDiagnostics {
    return NetDiagnostics.of(resolveSettings(options, env), env, parts);
  }

  /** @internal As {@link prepare}, for an integration that also needs the settings and has resolved them already. */
  static of(
    settings: Settings,
    env: NodeJS.ProcessEnv = process.env,
    parts: Partial<Parts> = {},
  ): NetDiagnostics {
    const unknown = settings.enabled ? unknownVariables(env) : [];
    return new NetDiagnostics(settings, { ...SYSTEM_PARTS, ...parts }, unknown);
  }

  private constructor(settings: Settings, parts: Parts, unknownVariables: readonly UnknownVariable[]) {
    this.#settings = settings;
    this.#log = safeLogger(settings.logger);
    this.#introduction = new Introduction({
      settings,
      parts,
      log: this.#log,
      onState: () => this.#showLabels(),
    });
    const first = { state: 'starting', ...this.#introduction.status } as const;
    this.#statusStore = new StatusStore(parts.clock, this.#tell, first);
    this.#telemetry = createTelemetry({ status: () => this.status(), clock: parts.clock });
    this.#reporter = new Reporter({
      settings,
      statusStore: this.#statusStore,
      telemetry: this.#telemetry,
      surroundings: parts.surroundings,
    });
    this.#life = new Life({
      settings,
      parts,
      statusStore: this.#statusStore,
      log: this.#log,
      reporter: this.#reporter,
      telemetry: this.#telemetry,
      pause: this.#pause,
      labels: this.#introduction.keeper,
      tell: this.#tell,
      unknownVariables,
    });
  }

  /** Starts what {@link prepare} has prepared, in the background. Idempotent; does nothing after {@link stop}. */
  begin(): void {
    this.#life.begin();
  }

  /** The status now: plain JSON, without any secret. */
  status(): Status {
    const { status } = this.#statusStore;
    // Read from the keeper: there a grant that expired while the platform was away counts as none.
    const { service } = this.#life;
    return service === null ? status : { ...status, grant: { ...service.grantState } };
  }

  /**
   * Waits until the platform has the grant, or has refused it, or grants are switched off, or the state is final. Never
   * rejects; when the time is up, it resolves with the status so far.
   */
  async ready({ timeoutMs = Number.POSITIVE_INFINITY }: ReadyOptions = {}): Promise<Status> {
    const settled = new AbortController();
    // Also without a limit there is a timer, because a caller who waits here must keep the process alive.
    const timer =
      timeoutMs <= MAX_TIMER_MS
        ? setTimeout(() => settled.abort(), timeoutMs)
        : setInterval(() => {}, 60_000);
    await this.#statusStore.until(isSettled, settled.signal);
    clearTimeout(timer);
    return this.status();
  }

  /**
   * Measures now. Works in every state except `stopped`, also without an endpoint: the report then contains less.
   * @param run - `signal` ends it early (the report says so), `onProbe` is called for each probe
   * @throws `ERR_STATE` when stopped or switched off
   */
  async run({ signal, onProbe }: RunOptions = {}): Promise<LocalReport> {
    return this.#whileRunning(signal, (end) =>
      this.#reporter.report('run', this.#life.service?.subject ?? null, {
        signal: end,
        onProbe,
      }),
    );
  }

  /** The latest finished report, for whatever reason it was made; `null` before the first. Kept in memory only. */
  lastReport(): LocalReport | null {
    return this.#statusStore.lastReport;
  }

  /**
   * Shows the answer that a dial-back would get now, and sends nothing: the report under way, one that is recent enough
   * (`reuse`), or a new one. A wire report is sent whole or not at all; redaction is only for copies that people make.
   * @param options - `signal` ends the wait
   * @throws `ERR_STATE` while there is no endpoint, so that nothing could be sent; `ERR_ABORTED`
   */
  async preview({ signal }: Pick<RunOptions, 'signal'> = {}): Promise<Preview> {
    return this.#whileRunning(signal, (end) => this.#inService().preview(end));
  }

  /**
   * Refuses dial-backs (the caller is told that the application refuses), and sends no metrics and no report on start.
   * The connection and the grant stay; use {@link revoke} to take the grant back. Idempotent, in every state.
   */
  pause(): void {
    if (this.#pause.isOn) return;
    this.#pause.set(true);
    this.#log.info('paused: dial-backs are turned away', { event: 'paused' });
    this.#statusStore.setPaused(true);
  }

  /** Ends {@link pause}. Idempotent. */
  resume(): void {
    if (!this.#pause.isOn) return;
    this.#pause.set(false);
    this.#log.info('resumed: dial-backs are answered again', { event: 'resumed' });
    this.#statusStore.setPaused(false);
  }

  /**
   * For your own accept loop: serves a connection with `CLIENT_HOST_ALPN` to its end. While it cannot be served
   * (starting, disabled, stopped) it is closed with code 503.
   * @throws `ERR_ALPN` for a connection of another protocol, which is left open
   */
  async accept(native: NativeConnection): Promise<void> {
    const connection = adoptConnection(native);
    if (connection.alpn !== CLIENT_HOST_ALPN) {
      throw new NetDiagnosticsError(
        'ERR_ALPN',
        `accept() takes connections with "${CLIENT_HOST_ALPN}" (CLIENT_HOST_ALPN); this one has ${JSON.stringify(connection.alpn)}.`,
      );
    }
    const { service } = this.#life;
    if (service === null) connection.close(CLOSE_UNAVAILABLE, 'Not ready');
    else await service.accept(connection);
  }

  /**
   * Serves another protocol on the same endpoint, until the endpoint is closed. Without an API secret there is no
   * endpoint, and so nothing is served.
   * @throws `ERR_ALPN` when the ALPN has a handler already; `ERR_STATE` when stopped, or with your own accept loop
   */
  handle(alpn: string, handler: ConnectionHandler): void {
    this.#assertNotStopped();
    if (this.#settings.acceptLoop === 'own') {
      throw new NetDiagnosticsError(
        'ERR_STATE',
        'With `acceptLoop: "own"` your own loop serves your protocols.',
      );
    }
    this.#life.handle(alpn, handler);
  }

  /**
   * Gives the endpoint another name, for this connection and all later ones. Resolves with the state of the name: at
   * once while there is no connection, else when the platform has answered.
   * @param name - 2 to 128 bytes of UTF-8
   * @throws `ERR_SETTING` for an invalid name, `ERR_STATE` when stopped; `RemoteError` when the platform refuses it
   */
  setName(name: string): Promise<LabelState> {
    return this.#say(() => this.#introduction.setName(name));
  }

  /**
   * Puts the endpoint into another group, as {@link setName}.
   * @param group - 2 to 128 bytes of UTF-8
   * @throws as {@link setName}
   */
  setGroup(group: string): Promise<LabelState> {
    return this.#say(() => this.#introduction.setGroup(group));
  }

  /**
   * Replaces all attributes of the endpoint, as {@link setName}; an empty object removes them.
   * @param attributes - at most 128: keys of 2 to 128 bytes of UTF-8, values of 0 to 128
   * @throws as {@link setName}
   */
  setAttributes(attributes: Attributes): Promise<LabelState> {
    return this.#say(() => this.#introduction.setAttributes(attributes));
  }

  /**
   * Sets one attribute and leaves the others as they are.
   * @throws as {@link setName}, also when there would be more than 128 attributes
   */
  setAttribute(key: string, value: string): Promise<LabelState> {
    return this.#say(() => this.#introduction.setAttribute(key, value));
  }

  /**
   * Pushes metrics now. If the platform is not known to keep pushes that come faster than every 30 s (the hosted one
   * does not), waits until 30 s have passed since the last push.
   * @param wait - `timeoutMs` and `signal` end the wait, not the push
   * @throws `ERR_STATE` without a connection; `RemoteError` when the platform refuses; `ERR_TIMEOUT`, `ERR_ABORTED`
   */
  async pushMetrics(wait: WaitOptions = {}): Promise<void> {
    return this.#inService().pushMetrics(wait);
  }

  /** Enables the platform's button after {@link revoke}, or if the setting `grant` was false. @throws `ERR_STATE` */
  grant(): void {
    this.#inService().grant();
  }

  /**
   * Takes back every grant given out so far, and gives out no more until {@link grant}. This is stored beside the key
   * file (`secretKeyFile`). Without a key file it is lost when the process ends: an identity that is used again
   * (`secretKey`, your own endpoint) then accepts its earlier grants until they expire, after at most 30 days.
   * @throws `ERR_STATE` when there is no endpoint; `ERR_STORE` when it took effect but could not be stored
   */
  revoke(): Promise<void> {
    return this.#inService().revoke();
  }

  /** Ends everything within 5 s; an endpoint that the app gave stays open. Idempotent, never rejects. */
  stop(): Promise<void> {
    return this.#life.stop();
  }

  /** {@link stop}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * Begins {@link stop}, and only waits until the app may close its own endpoint, half a second at most. For frameworks
   * that close their server next: an endpoint that was dialling a peer that is not there takes three seconds to close,
   * and the server would keep its port for that time. Never rejects.
   */
  quiesce(): Promise<void> {
    return this.#life.quiesce();
  }

  #inService(): Service {
    const { service } = this.#life;
    if (service !== null) return service;
    throw new NetDiagnosticsError('ERR_STATE', `There is no endpoint; the state is ${this.status().state}.`);
  }

  async #say(set: () => Promise<LabelState>): Promise<LabelState> {
    this.#assertNotStopped();
    return set();
  }

  #showLabels(): void {
    this.#statusStore.note(this.#introduction.status);
  }

  /** Does work that `stop()` ends. */
  async #whileRunning<T>(
    signal: AbortSignal | undefined,
    work: (end: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (!this.#settings.enabled)
      throw new NetDiagnosticsError('ERR_STATE', 'Diagnostics are switched off (`enabled`).');
    this.#assertNotStopped();
    const end = linkedAbort(this.#life.end, signal);
    try {
      return await work(end.signal);
    } finally {
      end.release();
    }
  }

  #assertNotStopped(): void {
    if (this.#life.end.aborted)
      throw new NetDiagnosticsError('ERR_STATE', 'It was stopped; start a new one.');
  }

  readonly #tell = (event: NetDiagnosticsEvent): void => {
    const { onEvent } = this.#settings;
    // Without an API secret there is no state worth watching.
    if (event.type === 'state' && isActive(this.#settings)) this.#telemetry.watch();
    notify(onEvent, event);
  };
}

/** Whether {@link NetDiagnostics.ready} has nothing more to wait for. */
function isSettled({ state, retryAt, grant }: Status): boolean {
  if (state === 'disabled' || state === 'stopped' || state === 'unauthorized') return true;
  if (state === 'unavailable' && retryAt === null) return true;
  return state === 'online' && grant.state !== 'ungranted' && grant.state !== 'granting';
}
