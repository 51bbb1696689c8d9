import type { GrantState, SessionEvent } from '../client/index.js';
import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import type { AuditEvent, DialBackOutcome } from '../host/index.js';
import type { SafeLogger } from '../logger.js';
import { shortId } from '../wire/index.js';
import { REFUSAL_LOG_INTERVAL_MS } from './constants.js';

/** Turns events into log lines: each trouble once, its end once, and no way for strangers to fill the log. */
export class Narrator {
  readonly #log: SafeLogger;
  readonly #clock: Clock;
  #wasGranted = false;
  #refusals = { lastLoggedAt: Number.NEGATIVE_INFINITY, unlogged: 0 };

  constructor(log: SafeLogger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  session(event: SessionEvent): void {
    switch (event.type) {
      case 'online':
        this.#log.info('connected to the platform');
        break;
      case 'offline': {
        const level = event.attempt === 0 ? 'warn' : 'debug';
        this.#log[level](`the platform cannot be reached, trying again: ${event.why}`, {
          retryInMs: event.retryInMs,
        });
        break;
      }
      case 'unauthorized':
        this.#log.error('the platform does not take the API secret; it is tried again from time to time', {
          why: event.why,
          retryInMs: event.retryInMs,
        });
        break;
      case 'hook-failed':
        this.#log.warn(`a request to the platform failed: ${messageOf(event.error)}`);
        break;
      case 'endpoint-closed':
        this.#log.warn('the endpoint was closed: no diagnostics any more');
        break;
    }
  }

  grant(grant: GrantState): void {
    if (grant.state === 'granted') {
      const until = new Date(grant.until * 1000).toISOString();
      // A renewal, or the grant on a new connection, is no news.
      this.#log[this.#wasGranted ? 'debug' : 'info']('the platform may run diagnostics', { until });
      this.#wasGranted = true;
    }
    if (grant.state === 'refused') {
      this.#log.warn(`the platform did not take the grant: ${grant.why}`);
      this.#wasGranted = false;
    }
    if (grant.state === 'off') this.#wasGranted = false;
  }

  dialBack(event: AuditEvent): void {
    const fields = { from: shortId(event.remoteId), outcome: event.outcome, durationMs: event.durationMs };
    if (event.outcome === 'answered') this.#log.info('answered a dial-back with a report', fields);
    else if (event.outcome === 'failed') {
      this.#log.error(`a dial-back could not be answered: ${messageOf(event.error)}`, fields);
    } else this.#unanswered(event.outcome, { ...fields, ...(event.why === null ? {} : { why: event.why }) });
  }

  #unanswered(_outcome: DialBackOutcome, fields: Record<string, unknown>): void {
    const now = this.#clock.now();
    const { lastLoggedAt, unlogged } = this.#refusals;
    if (Math.abs(now - lastLoggedAt) < REFUSAL_LOG_INTERVAL_MS) {
      this.#refusals.unlogged += 1;
      return;
    }
    this.#refusals = { lastLoggedAt: now, unlogged: 0 };
    this.#log.warn(
      'turned a dial-back away',
      unlogged === 0 ? fields : { ...fields, unloggedBefore: unlogged },
    );
  }
}
