import type { ModulesContainer } from '@nestjs/core';
import type { Status } from '../../lib/index.js';
import { findProvider } from './find-provider.js';
import type { NetDiagnosticsService } from './net-diagnostics.service.js';

/** How {@link NetDiagnosticsHealthIndicator.check} judges. */
export interface NetDiagnosticsHealthOptions {
  /**
   * What to be while the platform's button does not work although it should. Default: `degraded`, which needs
   * terminus 12 and is `up` with an older one: an app that cannot be diagnosed from afar still does its work.
   */
  whenImpaired?: 'degraded' | 'down' | 'up' | undefined;
  /** Another instance than the injected one, by `@InjectNetDiagnostics(name)`. */
  service?: Pick<NetDiagnosticsService, 'status'> | undefined;
}

/** What terminus 12 knows; terminus 11 knows `up` and `down`. */
export type NetDiagnosticsHealthStatus = 'up' | 'degraded' | 'down';

/** What a health check shows: where to look next, nothing that names the machine or its platform. */
export interface NetDiagnosticsHealth<
  HealthStatus extends NetDiagnosticsHealthStatus = NetDiagnosticsHealthStatus,
> extends Pick<Status, 'state' | 'reason' | 'since' | 'retryAt' | 'latencyMs' | 'paused'> {
  status: HealthStatus;
  grant: Status['grant']['state'];
  /** The code of the latest trouble; `null` when there was none. */
  lastError: string | null;
}

/** As far as we use terminus 11 and 12, where only the latter knows `degraded`. */
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

  /** The module makes it. */
  constructor(service: NetDiagnosticsService, modules: ModulesContainer) {
    this.#service = service;
    this.#modules = modules;
  }

  /**
   * Never throws, waits for nothing.
   * @param key - its name in the answer
   * @typeParam HealthStatus - follows from where the answer goes: what the app's terminus knows
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

  /** An older terminus leaves out what has a status it does not know. */
  #knowsDegraded(): boolean {
    const terminus = findProvider<HealthIndicatorService>(
      this.#modules,
      'TerminusModule',
      (instance) => instance.constructor.name === 'HealthIndicatorService',
    );
    return typeof terminus?.check('net-diagnostics').degraded === 'function';
  }
}

/** Whether it should work and does not. On purpose are: disabled, paused, a grant that was taken back. */
function isImpaired(state: Status['state'], grant: Status['grant']['state']): boolean {
  if (state === 'disabled') return false;
  return state !== 'online' || grant === 'ungranted' || grant === 'granting' || grant === 'refused';
}
