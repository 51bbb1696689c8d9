import { resolveSettings } from '../../lib/core.js';
import { createHttpHandler, type HttpHandler } from '../../lib/http/index.js';
import { NetDiagnostics, type NetDiagnosticsOptions } from '../../lib/index.js';
import { type SafeLogger, safeLogger } from '../../lib/logger.js';
import { endWithServers } from './end-with-servers.js';

/** What a host runs: the diagnostics, and the routes that show them. */
export interface Hosted {
  diagnostics: NetDiagnostics;
  routes: HttpHandler;
  /** Where log lines of the host go. */
  log: SafeLogger;
  /** The path at which a host mounts the routes, if it does so by itself; `null` when they are closed. */
  path: string | null;
  /** `false`: the diagnostics do nothing, so their routes do not exist either. */
  isEnabled: boolean;
}

/**
 * Prepares both from one set of options; nothing is opened before `diagnostics.begin()`.
 * @throws NetDiagnosticsError as {@link NetDiagnostics.prepare}
 */
export function prepareHosted(options: NetDiagnosticsOptions): Hosted {
  const settings = resolveSettings(options, process.env);
  const { http, enabled, logger, apiSecret } = settings;
  const diagnostics = NetDiagnostics.of(settings);
  const isProduction = process.env.NODE_ENV === 'production';
  const routes = createHttpHandler(diagnostics, http, { logger, isProduction });
  const stop = (): Promise<void> => {
    routes.close();
    return diagnostics.stop();
  };
  // Without a secret there is no endpoint, and nothing that keeps the process alive.
  if (enabled && apiSecret !== null) endWithServers(diagnostics, stop);
  return {
    diagnostics,
    routes,
    log: safeLogger(logger),
    path: http?.path ?? null,
    isEnabled: enabled,
  };
}
