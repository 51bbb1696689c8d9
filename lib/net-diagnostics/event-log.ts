import { type Clock, Throttle } from '../async/index.js';
import type { GrantState, SessionEvent } from '../client/index.js';
import { messageOf } from '../errors.js';
import type { AuditEvent, DialBackOutcome } from '../host/index.js';
import type { LogEvent, SafeLogger } from '../logger.js';
import { type EndpointId, shortId } from '../wire/index.js';
import { PLATFORM_LINES, STRANGER_LINES, TWIN_LINES } from './constants.js';

/** How a dial-back is logged. */
interface DialBackLine {
  level: keyof SafeLogger;
  event: LogEvent;
  message: string;
}

const ANSWERED: DialBackLine = {
  level: 'info',
  event: 'dial-back-answered',
  message: 'answered a dial-back with a report',
};
const FAILED: DialBackLine = {
  level: 'error',
  event: 'dial-back-failed',
  message: 'a dial-back could not be answered',
};
const VETOED: DialBackLine = {
  level: 'info',
  event: 'dial-back-vetoed',
  message: 'turned a dial-back away, as the app decided',
};
const REFUSED: DialBackLine = {
  level: 'warn',
  event: 'dial-back-refused',
  message: 'turned a dial-back away',
};
const ABORTED: DialBackLine = {
  level: 'debug',
  event: 'dial-back-aborted',
  message: 'a dial-back ended before its answer',
};

const DIAL_BACK_LINES: Readonly<Record<DialBackOutcome, DialBackLine>> = {
  answered: ANSWERED,
  failed: FAILED,
  vetoed: VETOED,
  unauthorised: REFUSED,
  'missing-capability': REFUSED,
  'bad-request': REFUSED,
  'timed-out': REFUSED,
  busy: REFUSED,
  aborted: ABORTED,
};

/** Turns events into log lines: each problem once, its end once. Nobody outside can fill the log. */
export class EventLog {
  readonly #log: SafeLogger;
  readonly #clock: Clock;
  readonly #endpointId: EndpointId;
  readonly #throttles: ReadonlyMap<LogEvent, Throttle>;
  readonly #failures: Throttle;
  readonly #twins: Throttle;
  /** The platform's last answer, by request: the same answer again is not logged as a warning. */
  readonly #refusals = new Map<string, string>();
  #wasGranted = false;

  constructor(log: SafeLogger, clock: Clock, endpointId: EndpointId) {
    this.#log = log;
    this.#clock = clock;
    this.#endpointId = endpointId;
    const throttle = ({ burst, perMinute }: typeof STRANGER_LINES) => new Throttle(burst, perMinute, clock);
    this.#throttles = new Map([
      ...[ANSWERED, FAILED, VETOED].map(({ event }) => [event, throttle(PLATFORM_LINES)] as const),
      ...[REFUSED, ABORTED].map(({ event }) => [event, throttle(STRANGER_LINES)] as const),
    ]);
    this.#failures = throttle(STRANGER_LINES);
    this.#twins = throttle(TWIN_LINES);
  }

  session(event: SessionEvent): void {
    switch (event.type) {
      case 'online':
        this.#log.info('connected to the platform', { event: 'online', endpointId: this.#endpointId });
        break;
      case 'offline': {
        const level = event.attempt === 0 ? 'warn' : 'debug';
        this.#log[level](`the platform cannot be reached, trying again: ${event.why}`, {
          event: 'offline',
          retryInMs: event.retryInMs,
        });
        break;
      }
      case 'replaced':
        // The status and the log line say more than that, see `shared`.
        break;
      case 'unauthorized':
        this.#log.error(`the platform does not take the API secret: ${this.#suspect(event.why)}`, {
          event: 'unauthorized',
          why: event.why,
          retryInMs: event.retryInMs,
        });
        break;
      case 'hook-failed': {
        const suppressed = this.#failures.pass();
        if (suppressed === null) break;
        this.#log.warn(`a request to the platform failed: ${messageOf(event.error)}`, {
          event: 'request-failed',
          ...suppressedField(suppressed),
        });
        break;
      }
      case 'endpoint-closed':
        this.#log.warn('the endpoint was closed: no diagnostics any more', { event: 'endpoint-closed' });
        break;
    }
  }

  /** Another process has this identity. */
  shared(message: string): void {
    const suppressed = this.#twins.pass();
    if (suppressed === null) return;
    const fields = {
      event: 'identity-shared',
      endpointId: this.#endpointId,
      ...suppressedField(suppressed),
    } as const;
    this.#log.warn(message, fields);
  }

  /** The platform did not take a request that is repeated later. */
  refused(request: string, error: Error): void {
    const level = this.#isNews(request, error.message) ? 'warn' : 'debug';
    this.#log[level](error.message, { event: 'request-refused', request });
  }

  registryFailed(error: unknown): void {
    this.#log.warn(`a metrics registry of the app could not be read: ${messageOf(error)}`, {
      event: 'metrics-failed',
    });
  }

  tooManyMetrics(left: number): void {
    this.#log.warn(`the app has too many metrics: ${left} values are left out`, {
      event: 'metrics-failed',
      left,
    });
  }

  /** Metrics are sent less often than asked for. */
  slowed(): void {
    this.#log.info('metrics are sent every 30 s: the platform is not known to keep those that come faster', {
      event: 'metrics-slowed',
    });
  }

  grant(grant: GrantState): void {
    if (grant.state === 'granted') {
      const until = new Date(grant.until * 1000).toISOString();
      // A renewal, or the grant on a new connection, is nothing new for the reader.
      const level = this.#wasGranted ? 'debug' : 'info';
      this.#log[level]('the platform may run diagnostics', { event: 'granted', until });
      this.#wasGranted = true;
      this.#refusals.delete('grant-cap');
    }
    if (grant.state === 'refused') {
      const level = this.#isNews('grant-cap', grant.why) ? 'warn' : 'debug';
      this.#log[level](`the platform did not take the grant: ${grant.why}`, { event: 'grant-refused' });
      this.#wasGranted = false;
    }
    if (grant.state === 'off') this.#wasGranted = false;
  }

  dialBack({ outcome, remoteId, durationMs, why, error }: AuditEvent): void {
    const { level, event, message } = DIAL_BACK_LINES[outcome];
    const suppressed = this.#throttles.get(event)?.pass() ?? null;
    if (suppressed === null) return;
    this.#log[level](error === undefined ? message : `${message}: ${messageOf(error)}`, {
      event,
      from: shortId(remoteId),
      outcome,
      durationMs,
      ...(why === null ? {} : { why }),
      ...suppressedField(suppressed),
    });
  }

  /** A clock that is far off has the same effect as a wrong secret. */
  #suspect(why: string): string {
    if (why.includes("this machine's clock")) return `${why}. Set it; it is tried again then`;
    const now = new Date(this.#clock.now()).toISOString();
    return `it is wrong or revoked, or this machine's clock is (it says ${now}); tried again from time to time`;
  }

  #isNews(request: string, why: string): boolean {
    const isNews = this.#refusals.get(request) !== why;
    this.#refusals.set(request, why);
    return isNews;
  }
}

function suppressedField(suppressed: number): { suppressed?: number } {
  return suppressed === 0 ? {} : { suppressed };
}
