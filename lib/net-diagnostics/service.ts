import { type ClockJump, wakeful } from '../async/index.js';
import {
  AppMetrics,
  GrantKeeper,
  type GrantState,
  isOwnKind,
  type LabelsKeeper,
  MetricsPusher,
  type OnlineHook,
  Session,
  statSamples,
} from '../client/index.js';
import { messageOf, NetDiagnosticsError } from '../errors.js';
import type { NetDiagnosticsEvent } from '../events.js';
import { ClientHost } from '../host/index.js';
import type { SafeLogger } from '../logger.js';
import type { ActiveSettings } from '../options/index.js';
import type { Telemetry } from '../telemetry/index.js';
import { type Connection, type ConnectionHandler, Router, type WaitOptions } from '../transport/index.js';
import { CLIENT_HOST_ALPN } from '../wire/index.js';
import { ROUTER_STOP_TIMEOUT_MS } from './constants.js';
import { EventLog } from './event-log.js';
import { IdentityLock } from './identity-lock.js';
import { LivePaths } from './live-paths.js';
import type { OpenedEndpoint } from './open-endpoint.js';
import type { Parts } from './parts.js';
import type { Pause } from './pause.js';
import type { Reporter, Subject } from './reporter.js';
import { SHARED_ELSEWHERE, showSession } from './session-state.js';
import { startReport } from './start-report.js';
import type { StatusStore } from './status-store.js';
import { type Preview, WireReports } from './wire-reports.js';

/** Options of a {@link Service}. */
export interface ServiceOptions extends OpenedEndpoint {
  settings: ActiveSettings;
  parts: Parts;
  statusStore: StatusStore;
  log: SafeLogger;
  clockJump: ClockJump;
  reporter: Reporter;
  telemetry: Telemetry;
  pause: Pause;
  labels: LabelsKeeper;
  /** Must not throw. */
  tell(event: NetDiagnosticsEvent): void;
  /** Other protocols of the app, by ALPN. */
  handlers: ReadonlyMap<string, ConnectionHandler>;
}

const SHARED_HERE =
  'another process on this host uses the same key file. ' +
  'Give each process a key of its own: the platform knows one session for each.';

/** Everything that runs on one endpoint: the host that answers dial-backs, the session with the platform, and helpers. */
export class Service {
  readonly subject: Subject;
  readonly #options: ServiceOptions;
  readonly #stop = new AbortController();
  readonly #reports: WireReports;
  readonly #host: ClientHost;
  readonly #router: Router | null;
  readonly #grants: GrantKeeper;
  readonly #metrics: MetricsPusher;
  readonly #session: Session;
  readonly #eventLog: EventLog;
  readonly #lock: IdentityLock | null;
  /** Dial-backs that came through {@link accept}. */
  readonly #accepted = new Set<Promise<void>>();

  constructor(options: ServiceOptions) {
    const { endpoint, settings, parts, log } = options;
    this.#options = options;
    this.#eventLog = new EventLog(log, parts.clock, endpoint.id);
    this.subject = { endpoint, paths: new LivePaths() };
    this.#reports = new WireReports({
      reporter: options.reporter,
      subject: this.subject,
      reuseMs: settings.reuse,
      clock: parts.clock,
      signal: this.#stop.signal,
    });
    const { secretKeyFile } = settings;
    this.#lock =
      secretKeyFile === null ? null : new IdentityLock(secretKeyFile, () => this.#shared(SHARED_HERE));
    this.#host = this.#makeHost();
    this.#router =
      settings.acceptLoop === 'own' ? null : new Router(endpoint, { closeTimeoutMs: ROUTER_STOP_TIMEOUT_MS });
    this.#grants = this.#makeGrants();
    this.#metrics = this.#makeMetrics();
    this.#session = this.#makeSession();
  }

  /** The dial-back is served before the session starts: the button may be pressed as soon as there is a grant. */
  start(): void {
    const { endpoint, relayTokens, settings, statusStore, handlers } = this.#options;
    this.#router?.handle(CLIENT_HOST_ALPN, (connection, { signal }) => this.#serve(connection, signal));
    for (const [alpn, handler] of handlers) this.#router?.handle(alpn, handler);
    this.#router?.start();
    statusStore.note({ servesDialBack: true });
    void relayTokens.keep(endpoint, settings.endpoint === null, this.#stop.signal);
    statusStore.setGrant(this.#grants.state);
    void this.#lock?.take();
    this.#session.start();
  }

  /** Serves a dial-back that the app's own loop accepted, to its end. */
  accept(connection: Connection): Promise<void> {
    const served = this.#serve(connection, this.#stop.signal).finally(() => this.#accepted.delete(served));
    this.#accepted.add(served);
    return served;
  }

  get grantState(): GrantState {
    return this.#grants.state;
  }

  /** Serves another ALPN. @throws `ERR_ALPN` when it has a handler already */
  handle(alpn: string, handler: ConnectionHandler): void {
    this.#router?.handle(alpn, handler);
  }

  /** The answer that a dial-back would get now, in both forms. */
  preview(signal: AbortSignal): Promise<Preview> {
    return this.#reports.get(signal);
  }

  grant(): void {
    this.#grants.open();
  }

  async revoke(): Promise<void> {
    const { settings, log, revocation } = this.#options;
    if (settings.secretKeyFile === null && (settings.secretKey !== null || settings.endpoint !== null)) {
      log.warn(
        'the grants are taken back until this process ends; only with `secretKeyFile` is that remembered',
        { event: 'revocation-ephemeral' },
      );
    }
    try {
      await this.#grants.revoke();
    } catch (error) {
      const end = new Date((revocation.revokedUntil ?? 0) * 1000).toISOString();
      const message =
        `The grants are taken back in this process alone: ${messageOf(error)}. After a restart those given out before ` +
        `work again, until ${end} at the latest; a \`secretKeyFile\` in a folder that can be written, or a new identity, ends that.`;
      log.warn(message, { event: 'revocation-ephemeral' });
      throw new NetDiagnosticsError('ERR_STORE', message, { cause: error });
    }
  }

  /** Pushes metrics now, or as soon as the platform keeps them. */
  pushMetrics(wait: WaitOptions): Promise<void> {
    return this.#metrics.pushNow(wait);
  }

  /** Ends everything except the endpoint. Never rejects. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#lock?.release();
    await Promise.all([this.#session.stop(), this.#router?.close(), Promise.allSettled(this.#accepted)]);
    await this.#reports.idle();
  }

  async #serve(connection: Connection, signal: AbortSignal): Promise<void> {
    const followed = this.subject.paths.follow(connection);
    const { telemetry, settings } = this.#options;
    if (connection.remoteId === settings.apiSecret.platform.id) this.#session.checkNow();
    await telemetry.dialBack(connection.remoteId, () => this.#host.serve(followed, signal));
  }

  #makeHost(): ClientHost {
    const { endpoint, settings, parts, revocation, pause, tell } = this.#options;
    return new ClientHost({
      endpointId: endpoint.id,
      run: async ({ signal }) => (await this.#reports.get(signal)).wire,
      // `WireReports` reuses them, in both forms.
      reuse: 0,
      revocation,
      onRequest: (info) => !pause.isOn && (settings.onRequest?.(info) ?? true),
      onEvent: (event) => {
        this.#eventLog.dialBack(event);
        tell(event);
      },
      clock: parts.clock,
      sleep: parts.sleep,
    });
  }

  #makeGrants(): GrantKeeper {
    const { endpoint, settings, parts, revocation, statusStore } = this.#options;
    return new GrantKeeper({
      secretKey: endpoint.secretKey(),
      platformId: settings.apiSecret.platform.id,
      revocation,
      enabled: settings.grant,
      limits: parts.clientLimits,
      clock: parts.clock,
      sleep: wakeful(parts.sleep, this.#options.clockJump),
      random: parts.random,
      onState: (grant) => {
        this.#eventLog.grant(grant);
        statusStore.setGrant(grant);
      },
    });
  }

  #makeSession(): Session {
    const { endpoint, settings, parts } = this.#options;
    return new Session({
      endpoint,
      apiSecret: settings.apiSecret,
      hooks: this.#hooks(),
      farewell: this.#metrics.farewell,
      limits: parts.clientLimits,
      clock: parts.clock,
      sleep: parts.sleep,
      clockJump: this.#options.clockJump,
      random: parts.random,
      // Not before: on some networks the handshake passes, and nothing after it.
      onAuthenticated: (connection) => this.subject.paths.follow(connection),
      onState: (status) => showSession(this.#options.statusStore, status),
      onEvent: (event) => {
        this.#eventLog.session(event);
        if (event.type === 'endpoint-closed') this.#endpointClosed();
        if (event.type === 'replaced') this.#shared(SHARED_ELSEWHERE);
      },
    });
  }

  #makeMetrics(): MetricsPusher {
    const { endpoint, settings, parts, pause } = this.#options;
    const { clientLimits, clock, sleep, random } = parts;
    const { platform } = settings.apiSecret;
    const app = new AppMetrics(settings.metrics.registries, {
      onFailed: (error) => this.#eventLog.registryFailed(error),
      onTooMany: (left) => this.#eventLog.tooManyMetrics(left),
    });
    return new MetricsPusher({
      samples: async () => [...statSamples(endpoint.stats()), ...(await app.samples())],
      intervalMs: settings.metrics.intervalMs,
      takesAll: (signal) =>
        isOwnKind(endpoint, platform, { signal, timeoutMs: clientLimits.connectTimeoutMs }),
      isPaused: () => pause.isOn,
      limits: clientLimits,
      clock,
      sleep,
      random,
      onRefused: (error) => this.#eventLog.refused('put-metrics', error),
      onSlowed: () => this.#eventLog.slowed(),
    });
  }

  /** In the order of the official client: first the name, then the grant, then the measurements. */
  #hooks(): OnlineHook[] {
    const { settings, parts, pause, labels } = this.#options;
    return [
      labels.onOnline,
      this.#grants.onOnline,
      this.#metrics.onOnline,
      ...(settings.reportOnStart
        ? [startReport(async ({ signal }) => (await this.#reports.make('start', signal)).wire, parts, pause)]
        : []),
    ];
  }

  #shared(message: string): void {
    this.#eventLog.shared(message);
    this.#options.statusStore.noteShared(message);
  }

  #endpointClosed(): void {
    const { statusStore } = this.#options;
    statusStore.noteError('ERR_ENDPOINT_CLOSED', 'the endpoint was closed');
    statusStore.set('unavailable', { reason: 'endpoint-closed' });
  }
}
