import type { NetDiagnostics } from '../../lib/index.js';

/**
 * The token behind {@link NetDiagnosticsService}. The same symbol in every copy of this package: where an app has
 * two (ESM and CommonJS), `@Inject(NET_DIAGNOSTICS)` still finds it.
 */
export const NET_DIAGNOSTICS = Symbol.for('iroh-net-diagnostics:service');

/**
 * What one injects. The module starts and stops it with the app.
 *
 * @example
 * constructor(private readonly diagnostics: NetDiagnosticsService) {}
 */
export abstract class NetDiagnosticsService
  implements Pick<NetDiagnostics, 'status' | 'ready' | 'run' | 'accept' | 'handle' | 'grant' | 'revoke'>
{
  /** See {@link NetDiagnostics.status}. */
  abstract readonly status: NetDiagnostics['status'];
  /** See {@link NetDiagnostics.ready}. */
  abstract readonly ready: NetDiagnostics['ready'];
  /** See {@link NetDiagnostics.run}. */
  abstract readonly run: NetDiagnostics['run'];
  /** See {@link NetDiagnostics.accept}. */
  abstract readonly accept: NetDiagnostics['accept'];
  /** See {@link NetDiagnostics.handle}. */
  abstract readonly handle: NetDiagnostics['handle'];
  /** See {@link NetDiagnostics.grant}. */
  abstract readonly grant: NetDiagnostics['grant'];
  /** See {@link NetDiagnostics.revoke}. */
  abstract readonly revoke: NetDiagnostics['revoke'];
}
