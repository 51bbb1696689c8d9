import type { Observable } from 'rxjs';
import type { NetDiagnostics, NetDiagnosticsEvent } from '../../lib/index.js';

/**
 * The token behind {@link NetDiagnosticsService}. The same symbol in every copy of this package: where an app has
 * two (ESM and CommonJS), `@Inject(NET_DIAGNOSTICS)` still finds it.
 */
export const NET_DIAGNOSTICS = Symbol.for('iroh-net-diagnostics:service');

/** What the service takes over from the core unchanged. Only the module starts and stops it. */
const MEMBERS = [
  'status',
  'ready',
  'run',
  'lastReport',
  'preview',
  'accept',
  'handle',
  'grant',
  'revoke',
  'pause',
  'resume',
  'setName',
  'setGroup',
  'setAttributes',
  'setAttribute',
  'pushMetrics',
] as const;

/**
 * The service to inject. The module starts and stops it with the app.
 *
 * @example
 * constructor(private readonly diagnostics: NetDiagnosticsService) {}
 */
export abstract class NetDiagnosticsService implements Pick<NetDiagnostics, (typeof MEMBERS)[number]> {
  /** Every change of state and grant, every dial-back and report from now on; completes when the app closes. */
  abstract readonly events$: Observable<NetDiagnosticsEvent>;
  /** See {@link NetDiagnostics.status}. */
  abstract readonly status: NetDiagnostics['status'];
  /** See {@link NetDiagnostics.ready}. */
  abstract readonly ready: NetDiagnostics['ready'];
  /** See {@link NetDiagnostics.run}. */
  abstract readonly run: NetDiagnostics['run'];
  /** See {@link NetDiagnostics.lastReport}. */
  abstract readonly lastReport: NetDiagnostics['lastReport'];
  /** See {@link NetDiagnostics.preview}. */
  abstract readonly preview: NetDiagnostics['preview'];
  /** See {@link NetDiagnostics.accept}. */
  abstract readonly accept: NetDiagnostics['accept'];
  /** See {@link NetDiagnostics.handle}. */
  abstract readonly handle: NetDiagnostics['handle'];
  /** See {@link NetDiagnostics.grant}. */
  abstract readonly grant: NetDiagnostics['grant'];
  /** See {@link NetDiagnostics.revoke}. */
  abstract readonly revoke: NetDiagnostics['revoke'];
  /** See {@link NetDiagnostics.pause}. */
  abstract readonly pause: NetDiagnostics['pause'];
  /** See {@link NetDiagnostics.resume}. */
  abstract readonly resume: NetDiagnostics['resume'];
  /** See {@link NetDiagnostics.setName}. */
  abstract readonly setName: NetDiagnostics['setName'];
  /** See {@link NetDiagnostics.setGroup}. */
  abstract readonly setGroup: NetDiagnostics['setGroup'];
  /** See {@link NetDiagnostics.setAttributes}. */
  abstract readonly setAttributes: NetDiagnostics['setAttributes'];
  /** See {@link NetDiagnostics.setAttribute}. */
  abstract readonly setAttribute: NetDiagnostics['setAttribute'];
  /** See {@link NetDiagnostics.pushMetrics}. */
  abstract readonly pushMetrics: NetDiagnostics['pushMetrics'];
}

/** Makes the service of one core. */
export function serviceOf(
  diagnostics: NetDiagnostics,
  events$: Observable<NetDiagnosticsEvent>,
): NetDiagnosticsService {
  const members = MEMBERS.map((name) => [name, diagnostics[name].bind(diagnostics)]);
  return Object.assign(Object.create(NetDiagnosticsService.prototype), Object.fromEntries(members), {
    events$,
  });
}
