import { type ClockJump, linkedAbort, wakeful } from '../async/index.js';
import {
  AppMetrics,
  GrantKeeper,
  type GrantState,
  isOwnKind,
  type LabelsKeeper,
  MetricsPusher,
  type OnlineHook,
  Session,
  type SessionStatus,
  statSamples,
} from '../client/index.js';
import { messageOf, NetDiagnosticsError } from '../errors.js';
import type { NetDiagnosticsEvent, ReportTrigger } from '../events.js';
import { ClientHost } from '../host/index.js';
import type { SafeLogger } from '../logger.js';
import type { ActiveSettings } from '../options/index.js';
import { type LocalReport, toWireReport } from '../report/index.js';
import type { Telemetry } from '../telemetry/index.js';
import { type Connection, type ConnectionHandler, Router, type WaitOptions } from '../transport/index.js';
import { CLIENT_HOST_ALPN, type DiagnosticsReport } from '../wire/index.js';
import { ROUTER_STOP_TIMEOUT_MS } from './constants.js';
import { EventLog } from './event-log.js';
import { IdentityLock } from './identity-lock.js';
import { LivePaths } from './live-paths.js';
import type { OpenedEndpoint } from './open-endpoint.js';
import type { Parts } from './parts.js';
import type { Pause } from './pause.js';
import type { Reporter, Subject } from './reporter.js';
import { startReport } from './start-report.js';
import type { StatusStore } from './status-store.js';

/** What a {@link Service} is made of. */
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

const ADVICE = 'Give each process a key of its own: the platform knows one session for each.';
const HERE = `another process on this host uses the same key file. ${ADVICE}`;
const ELSEWHERE = `another process with the same key has connected to the platform and taken this one's place. ${ADVICE}`;

/** A report in both forms. */
export interface Preview {
  /** What the platform would get, field by field. */
  wire: DiagnosticsReport;
  /** The report it was made of, with its evidence. It stays here. */
  local: LocalReport;
}

/** Everything that stands on one endpoint: the host that answers, the session that asks, and what keeps both going. */
export class Service {
  readonly subject: Subject;
  readonly #options: ServiceOptions;
  readonly #stop = new AbortController();
  readonly #host: ClientHost;
  readonly #router: Router | null;
  readonly #grants: GrantKeeper;
  readonly #metrics: MetricsPusher;
  readonly #session: Session;
  readonly #eventLog: EventLog;
  readonly #lock: IdentityLock | null;
  /** The local report behind each wire report that is still in use. */
  readonly #locals = new WeakMap<DiagnosticsReport, LocalReport>();
  /** Reports that are being made, also for those who have their answer. */
  readonly #measuring = new Set<Promise<void>>();
  /** Dial-backs that came through {@link accept}. */
  readonly #accepted = new Set<Promise<void>>();

  constructor(options: ServiceOptions) {
    const { endpoint, settings, parts, log } = options;
    this.#options = options;
    this.#eventLog = new EventLog(log, parts.clock, endpoint.id);
    this.subject = { endpoint, paths: new LivePaths() };
    const { secretKeyFile } = settings;
    this.#lock = secretKeyFile === null ? null : new IdentityLock(secretKeyFile, () => this.#shared(HERE));
    this.#host = this.#makeHost();
    this.#router =
      settings.acceptLoop === 'own' ? null : new Router(endpoint, { closeTimeoutMs: ROUTER_STOP_TIMEOUT_MS });
    this.#grants = this.#makeGrants();
    this.#metrics = this.#makeMetrics();
    this.#session = this.#makeSession();
  }

  /** The dial-back is served before the session starts: a granted button may be pressed at once. */
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

  /** Serves another ALPN. @throws `ERR_ALPN` when it has a handler */
  handle(alpn: string, handler: ConnectionHandler): void {
    this.#router?.handle(alpn, handler);
  }

  /** What a dial-back would be answered with now, in both forms. */
  async preview(signal: AbortSignal): Promise<Preview> {
    const wire = await this.#host.report(signal);
    const local = this.#locals.get(wire);
    if (local === undefined) throw new TypeError('a wire report came from nowhere');
    return { wire, local };
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

  /** Ends everything but the endpoint. Never rejects. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#lock?.release();
    await Promise.all([this.#session.stop(), this.#router?.close(), Promise.allSettled(this.#accepted)]);
    await Promise.all(this.#measuring);
  }

  async #serve(connection: Connection, signal: AbortSignal): Promise<void> {
    const followed = this.subject.paths.follow(connection);
    const { telemetry } = this.#options;
    await telemetry.dialBack(connection.remoteId, () => this.#host.serve(followed, signal));
  }

  #makeHost(): ClientHost {
    const { endpoint, settings, parts, revocation, pause, tell } = this.#options;
    return new ClientHost({
      endpointId: endpoint.id,
      run: this.#wireReport('dial-back'),
      reuseMs: settings.reuse,
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
      endpoint: this.subject.paths.following(endpoint),
      apiSecret: settings.apiSecret,
      hooks: this.#hooks(),
      farewell: this.#metrics.farewell,
      limits: parts.clientLimits,
      clock: parts.clock,
      sleep: parts.sleep,
      clockJump: this.#options.clockJump,
      random: parts.random,
      onState: (status) => this.#showSession(status),
      onEvent: (event) => {
        this.#eventLog.session(event);
        if (event.type === 'endpoint-closed') this.#endpointClosed();
        if (event.type === 'replaced') this.#shared(ELSEWHERE);
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

  /** In the order of the official client: what it is called first, then what it grants, then what it measures. */
  #hooks(): OnlineHook[] {
    const { settings, parts, pause, labels } = this.#options;
    return [
      labels.onOnline,
      this.#grants.onOnline,
      this.#metrics.onOnline,
      ...(settings.reportOnStart ? [startReport(this.#wireReport('start'), parts, pause)] : []),
    ];
  }

  #wireReport(trigger: ReportTrigger) {
    return ({ signal }: { signal: AbortSignal }) =>
      new Promise<DiagnosticsReport>((resolve, reject) => {
        const onWireFinal = (local: LocalReport) => {
          const wire = toWireReport(local);
          this.#locals.set(wire, local);
          resolve(wire);
        };
        // What the platform has no word for is still measured then, for the app itself.
        const end = linkedAbort(signal, this.#stop.signal);
        const run = { signal: end.signal, onWireFinal };
        const whole = this.#options.reporter.report(trigger, this.subject, run);
        const measuring = whole.then(() => undefined, reject);
        this.#measuring.add(measuring);
        void measuring.finally(() => {
          end.release();
          this.#measuring.delete(measuring);
        });
      });
  }

  #showSession({ state, why, retryAt, latencyMs }: SessionStatus): void {
    const { statusStore } = this.#options;
    statusStore.note({ latencyMs });
    switch (state) {
      case 'online':
        statusStore.set('online');
        break;
      case 'waiting':
        statusStore.noteError('ERR_CONNECT', why ?? 'the platform cannot be reached');
        statusStore.set('connecting', { reason: 'platform-unreachable', retryAt });
        break;
      case 'replaced':
        statusStore.noteError('ERR_STATE', ELSEWHERE);
        statusStore.set('connecting', { reason: 'identity-in-use', retryAt });
        break;
      case 'unauthorized':
        statusStore.noteError('ERR_REMOTE', why ?? 'the platform answered 401');
        statusStore.set('unauthorized', { reason: 'refused-by-platform', retryAt });
        break;
      case 'connecting':
        this.#showAttempt();
        break;
      default:
        // `stopped` is ours to say: the session also stops when the endpoint is closed.
        break;
    }
  }

  /** An attempt in a row of failed ones is no change: the reason stays until the platform answers. */
  #showAttempt(): void {
    const { state, reason } = this.#options.statusStore.status;
    if (state === 'unauthorized') return;
    if (state === 'connecting' && reason !== null) this.#options.statusStore.set(state, { reason });
    else this.#options.statusStore.set('connecting');
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
