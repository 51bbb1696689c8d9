import { type Clock, nowSeconds } from '../async/index.js';
import type { Attributes, EndpointId } from '../wire/index.js';
import { type ButtonState, buttonState, usableGrant } from './button-state.js';
import type { DialBacks, RunProgress } from './dial-back/index.js';
import type { EndpointRecord, GrantRecord, ReportSummary } from './records.js';
import type { Presence, Twins } from './sessions/index.js';
import type { Store } from './store.js';

/** An endpoint with its current state. */
export interface EndpointView extends EndpointRecord {
  isOnline: boolean;
  /** Whether Run Diagnostics can be pressed; if not, why not. */
  button: ButtonState;
  /** The grant that a dial-back would use, else the newest; without its token. `expiresAt`: unix seconds or `null`. */
  grant: { caps: string[]; expiresAt: number | null; grantedAt: number } | null;
  /**
   * When it was last detected that two live processes have this endpoint's key, unix milliseconds; `null`: not in the
   * last ten minutes. The button works for the process that connected last.
   */
  sharedIdentityAt: number | null;
  /** The current run. */
  run: RunProgress | null;
  /** Without its content: `Platform.reports` has that. */
  latestReport: ReportSummary | null;
}

/** Selects endpoints. */
export interface EndpointFilter {
  /** Only endpoints of this group. */
  group?: string | undefined;
  /** Only endpoints that have all of these attributes with exactly these values. */
  attributes?: Attributes | undefined;
}

/** What views are made from. */
export interface ViewSources {
  store: Store;
  presence: Presence;
  twins: Twins;
  dialBacks: DialBacks;
  clock: Clock;
}

/** All selected endpoints: online ones first, then by "last seen", newest first. */
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
  // A `Map`, because every object also has inherited keys such as `constructor`.
  const said = new Map(Object.entries(attributes));
  return Object.entries(filter.attributes ?? {}).every(([key, value]) => said.get(key) === value);
}

/** One endpoint; `null` if it is not known. */
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
