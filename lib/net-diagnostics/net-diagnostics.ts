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
  /** Milliseconds. Default: no limit, and beyond 2^31 − 1 (24.8 days) there is none. */
  timeoutMs?: number | undefined;
}

/**
 * One endpoint's life with the platform: it connects, opens the platform's Run Diagnostics button, and answers it
 * with a fresh report, until it is stopped.
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
   * Starts, in the background: this returns at once, and whatever the network or the machine lack becomes a state.
   * @param options - explicit options win over environment variables
   * @throws NetDiagnosticsError `ERR_SETTING` for a malformed setting, `ERR_ALPN` when an endpoint of one's own
   * accepts no dial-backs; nothing else
   */
  static start(options?: NetDiagnosticsOptions): NetDiagnostics;
  /** @internal With variables from elsewhere than `process.env`, and what tests replace. */
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

  /** @internal As {@link prepare}, for a host that needs the settings, too, and has resolved them. */
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

  /** Opens what {@link prepare} has prepared, in the background. Idempotent; does nothing after {@link stop}. */
  begin(): void {
    this.#life.begin();
  }

  /** How it is at this moment: plain JSON, without any secret. */
  status(): Status {
    const { status } = this.#statusStore;
    // The keeper's own view: a grant that ran out while the platform was away counts as none.
    const { service } = this.#life;
    return service === null ? status : { ...status, grant: { ...service.grantState } };
  }

  /**
   * Waits until there is nothing more to wait for: the platform has the grant (or refused it, or none is wanted), or
   * a state is final. Never rejects; when the time is up, the status says how far it has come.
   */
  async ready({ timeoutMs = Number.POSITIVE_INFINITY }: ReadyOptions = {}): Promise<Status> {
    const settled = new AbortController();
    // Without a limit, too, there is a timer: that somebody waits here keeps the process alive.
    const timer =
      timeoutMs <= MAX_TIMER_MS
        ? setTimeout(() => settled.abort(), timeoutMs)
        : setInterval(() => {}, 60_000);
    await this.#statusStore.until(isSettled, settled.signal);
    clearTimeout(timer);
    return this.status();
  }

  /**
   * Measures now. Works in every state but `stopped`, also without an endpoint: the report then knows less.
   * @param run - `signal` ends it early (the report says so), `onProbe` is told of each probe
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

  /** The latest report that was finished, whoever asked for it; `null` before the first. Kept in memory only. */
  lastReport(): LocalReport | null {
    return this.#statusStore.lastReport;
  }

  /**
   * Shows what a dial-back would be answered with at this moment, and sends nothing: the report under way, one that
   * is recent enough (`reuse`), or a new one. A wire report is sent whole or not at all: redaction is for copies that
   * people make.
   * @param options - `signal` gives up the wait
   * @throws `ERR_STATE` while there is no endpoint, and so nothing that could be sent; `ERR_ABORTED`
   */
  async preview({ signal }: Pick<RunOptions, 'signal'> = {}): Promise<Preview> {
    return this.#whileRunning(signal, (end) => this.#inService().preview(end));
  }

  /**
   * Turns dial-backs away (the caller hears that the application refuses), and holds back metrics and the report on
   * start. The connection and the grant stay: {@link revoke} is what takes the grant back. Idempotent, in every state.
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
   * For an accept loop of one's own: serves a connection with `CLIENT_HOST_ALPN` to its end. While there is nobody
   * to serve it (starting, disabled, stopped) it is closed with code 503.
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
   * Serves another protocol on the same endpoint. It lives as long as the endpoint: without an API secret there is
   * none.
   * @throws `ERR_ALPN` when the ALPN has a handler; `ERR_STATE` when stopped, or with an accept loop of one's own
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
   * Gives the endpoint another name, from now on and on every later connection. Resolves with how far it has come: at
   * once while there is no connection, else when the platform has answered.
   * @param name - 2 to 128 bytes of UTF-8
   * @throws `ERR_SETTING` for a name that is none, `ERR_STATE` when stopped; `RemoteError` when the platform refuses it
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
   * Replaces all attributes of the endpoint, as {@link setName}; an empty object takes them away.
   * @param attributes - at most 128: keys of 2 to 128 bytes of UTF-8, values of 0 to 128
   * @throws as {@link setName}
   */
  setAttributes(attributes: Attributes): Promise<LabelState> {
    return this.#say(() => this.#introduction.setAttributes(attributes));
  }

  /**
   * Sets one attribute and leaves the others as they are.
   * @throws as {@link setName}, also when it would be one too many
   */
  setAttribute(key: string, value: string): Promise<LabelState> {
    return this.#say(() => this.#introduction.setAttribute(key, value));
  }

  /**
   * Pushes metrics now. A platform that is not known to keep pushes that come faster than every 30 s (the hosted one
   * does not) gets them as soon as these have passed.
   * @param wait - `timeoutMs` and `signal` end the wait, not the push
   * @throws `ERR_STATE` without a connection; `RemoteError` when the platform refuses; `ERR_TIMEOUT`, `ERR_ABORTED`
   */
  async pushMetrics(wait: WaitOptions = {}): Promise<void> {
    return this.#inService().pushMetrics(wait);
  }

  /** Opens the platform's button, again after {@link revoke}, or where `grant` was false. @throws `ERR_STATE` */
  grant(): void {
    this.#inService().grant();
  }

  /**
   * Takes back every grant given out so far, and gives out no more until {@link grant}. It is remembered beside the
   * key file (`secretKeyFile`). Without one it ends with the process: an identity that lives longer (`secretKey`, an
   * endpoint of one's own) accepts its earlier grants again until they expire, 30 days at most.
   * @throws `ERR_STATE` when there is no endpoint yet or any more; `ERR_STORE` when it holds but could not be stored
   */
  revoke(): Promise<void> {
    return this.#inService().revoke();
  }

  /** Ends everything within 5 s; an endpoint of one's own stays open. Idempotent, never rejects. */
  stop(): Promise<void> {
    return this.#life.stop();
  }

  /** {@link stop}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * Begins {@link stop}, and waits for what others must wait for alone: until an endpoint of the app's own may be
   * closed, half a second at most. For frameworks that close their server next: an endpoint that was dialling someone
   * who is not there takes three seconds to close, and the server would hold its port meanwhile. Never rejects.
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

  /** Work that `stop()` ends. */
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

/** Whether waiting longer would change nothing, or the platform has answered. */
function isSettled({ state, retryAt, grant }: Status): boolean {
  if (state === 'disabled' || state === 'stopped' || state === 'unauthorized') return true;
  if (state === 'unavailable' && retryAt === null) return true;
  return state === 'online' && grant.state !== 'ungranted' && grant.state !== 'granting';
}
