import { type Clock, nowSeconds } from '../async/index.js';
import type { Attributes, EndpointId } from '../wire/index.js';
import { type ButtonState, buttonState, usableGrant } from './button-state.js';
import type { DialBacks, RunProgress } from './dial-back/index.js';
import type { EndpointRecord, GrantRecord, ReportSummary } from './records.js';
import type { Presence, Twins } from './sessions/index.js';
import type { Store } from './store.js';

/** An endpoint with all that depends on the moment. */
export interface EndpointView extends EndpointRecord {
  isOnline: boolean;
  /** Whether Run Diagnostics can be pressed, or why not. */
  button: ButtonState;
  /** The grant a dial-back would use, else the newest one; never its token. `expiresAt`: unix seconds or `null`. */
  grant: { caps: string[]; expiresAt: number | null; grantedAt: number } | null;
  /**
   * When it was seen last that two live processes have this endpoint's key, unix milliseconds; `null`: not within ten
   * minutes. The button works for the one that came last.
   */
  sharedIdentityAt: number | null;
  /** The run under way. */
  run: RunProgress | null;
  /** Without what it holds: `Platform.reports` has that. */
  latestReport: ReportSummary | null;
}

/** Which endpoints are wanted. */
export interface EndpointFilter {
  /** Those of this group. */
  group?: string | undefined;
  /** Those that have all of these, with these very values. */
  attributes?: Attributes | undefined;
}

/** Where views come from. */
export interface ViewSources {
  store: Store;
  presence: Presence;
  twins: Twins;
  dialBacks: DialBacks;
  clock: Clock;
}

/** All endpoints that are wanted: those online first, then the last seen. */
export async function viewEndpoints(
  sources: ViewSources,
  filter: EndpointFilter = {},
): Promise<EndpointView[]> {
  const { store } = sources;
  const [endpoints, grants, reports] = await Promise.all([
    store.endpoints(),
    store.grants(),
    store.latestReports(),
  ]);
  const grantsOf = new Map<EndpointId, GrantRecord[]>();
  for (const grant of grants)
    grantsOf.set(grant.endpointId, [...(grantsOf.get(grant.endpointId) ?? []), grant]);
  const reportOf = new Map(reports.map((report) => [report.endpointId, report]));
  return endpoints
    .filter((record) => isWanted(record, filter))
    .map((record) => view(sources, record, grantsOf.get(record.id) ?? [], reportOf.get(record.id) ?? null))
    .sort((a, b) => Number(b.isOnline) - Number(a.isOnline));
}

function isWanted({ group, attributes }: EndpointRecord, filter: EndpointFilter): boolean {
  if (filter.group !== undefined && filter.group !== group) return false;
  // By own keys: every object has a `constructor`.
  const said = new Map(Object.entries(attributes));
  return Object.entries(filter.attributes ?? {}).every(([key, value]) => said.get(key) === value);
}

/** One endpoint; `null` when it never was here. */
export async function viewEndpoint(sources: ViewSources, id: EndpointId): Promise<EndpointView | null> {
  const { store } = sources;
  const [record, grants, [report]] = await Promise.all([
    store.endpoint(id),
    store.grants(id),
    store.reportSummaries(id, 1),
  ]);
  return record === null ? null : view(sources, record, grants, report ?? null);
}

function view(
  { presence, twins, dialBacks, clock }: ViewSources,
  record: EndpointRecord,
  grants: readonly GrantRecord[],
  latestReport: ReportSummary | null,
): EndpointView {
  const now = nowSeconds(clock);
  const isOnline = presence.isOnline(record.id);
  const run = dialBacks.progress(record.id);
  const grant = usableGrant(grants, now) ?? grants[0];
  return {
    ...record,
    isOnline,
    sharedIdentityAt: twins.sharedAt(record.id),
    button: buttonState({ isOnline, isRunning: run !== null, grants }, now),
    grant:
      grant === undefined
        ? null
        : { caps: grant.caps, expiresAt: grant.expiresAt, grantedAt: grant.grantedAt },
    run,
    latestReport,
  };
}
