import type { ModulesContainer } from '@nestjs/core';
import type { Status } from '../../lib/index.js';
import { findProvider } from './find-provider.js';
import type { NetDiagnosticsService } from './net-diagnostics.service.js';

/** Options of {@link NetDiagnosticsHealthIndicator.check}. */
export interface NetDiagnosticsHealthOptions {
  /**
   * The status while the platform's button does not work although it should. Default: `degraded`, because an app
   * that cannot be diagnosed remotely still does its work. `degraded` needs terminus 12; with an older one it
   * becomes `up`.
   */
  whenImpaired?: 'degraded' | 'down' | 'up' | undefined;
  /** Another instance than the injected one, by `@InjectNetDiagnostics(name)`. */
  service?: Pick<NetDiagnosticsService, 'status'> | undefined;
}

/** What terminus 12 knows; terminus 11 knows `up` and `down`. */
export type NetDiagnosticsHealthStatus = 'up' | 'degraded' | 'down';

/**
 * What a health check shows: enough to know where to look next, and nothing that identifies the machine or its
 * platform.
 */
export interface NetDiagnosticsHealth<
  HealthStatus extends NetDiagnosticsHealthStatus = NetDiagnosticsHealthStatus,
> extends Pick<Status, 'state' | 'reason' | 'since' | 'retryAt' | 'latencyMs' | 'paused'> {
  status: HealthStatus;
  grant: Status['grant']['state'];
  /** The code of the latest error; `null` when there was none. */
  lastError: string | null;
}

/** The part of terminus 11 and 12 that we use; only 12 has `degraded`. */
interface HealthIndicatorService {
  check(key: string): { degraded?: unknown };
}

/**
 * An informative health indicator for `@nestjs/terminus`, which it does not import.
 *
 * @example
 * health.check([() => netDiagnostics.check('net-diagnostics')])
 */
export class NetDiagnosticsHealthIndicator {
  readonly #service: NetDiagnosticsService;
  readonly #modules: ModulesContainer;

  /** Called by the module. */
  constructor(service: NetDiagnosticsService, modules: ModulesContainer) {
    this.#service = service;
    this.#modules = modules;
  }

  /**
   * Judges the diagnostics by their status. Never throws, waits for nothing.
   * @param key - its name in the answer
   * @typeParam HealthStatus - inferred from where the result is used: the statuses that the app's terminus knows
   */
  check<
    const Key extends string,
    HealthStatus extends NetDiagnosticsHealthStatus = NetDiagnosticsHealthStatus,
  >(
    key: Key,
    { whenImpaired = 'degraded', service = this.#service }: NetDiagnosticsHealthOptions = {},
  ): Record<Key, NetDiagnosticsHealth<HealthStatus>> {
    const { state, reason, since, retryAt, latencyMs, paused, grant, lastError } = service.status();
    const impaired = whenImpaired === 'degraded' && !this.#knowsDegraded() ? 'up' : whenImpaired;
    const health: NetDiagnosticsHealth = {
      status: isImpaired(state, grant.state) ? impaired : 'up',
      state,
      reason,
      since,
      retryAt,
      latencyMs,
      paused,
      grant: grant.state,
      lastError: lastError?.code ?? null,
    };
    return { [key]: health } as Record<Key, NetDiagnosticsHealth<HealthStatus>>;
  }

  /** An older terminus leaves out a result whose status it does not know. */
  #knowsDegraded(): boolean {
    const terminus = findProvider<HealthIndicatorService>(
      this.#modules,
      'TerminusModule',
      (instance) => instance.constructor.name === 'HealthIndicatorService',
    );
    return typeof terminus?.check('net-diagnostics').degraded === 'function';
  }
}

/** Whether it should work and does not. Disabled, paused or a revoked grant do not count: they are intended. */
function isImpaired(state: Status['state'], grant: Status['grant']['state']): boolean {
  if (state === 'disabled') return false;
  return state !== 'online' || grant === 'ungranted' || grant === 'granting' || grant === 'refused';
}
