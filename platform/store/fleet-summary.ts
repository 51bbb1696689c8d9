import type { GrantState, NatType, ProjectId, ReportLevel } from 'iroh-net-diagnostics/services';
import type { Kysely } from 'kysely';
import type { Tables } from './schema.js';

/** As many groups and versions are counted by name; a project may have as many as endpoints. */
const MAX_NAMED = 100;

/** What endpoints are counted by, in the order of the index `endpoints_by_kind`. */
const KIND = ['is_online', 'level', 'nat_type', 'iroh_version', 'group_name', 'can_dial_back'] as const;

/** A value that endpoints have in common, and how many have it. */
export interface Counted {
  value: string;
  count: number;
}

/** How many endpoints of each kind a project has. */
export interface FleetSummary {
  total: number;
  online: number;
  /** By the colour of the newest report; `none`: there is no report. */
  levels: Record<ReportLevel | 'none', number>;
  /** By the NAT type in the newest report. */
  natTypes: Record<NatType, number>;
  grants: Record<GrantState, number>;
  /** The versions of iroh in the newest reports; the commonest hundred, the commonest first. */
  versions: Counted[];
  /** The groups; the commonest hundred, the commonest first. */
  groups: Counted[];
}

/** Counts a project's endpoints in one pass over an index. @param nowSeconds - unix seconds, for grants that expire */
export async function fleetSummary(
  tables: Kysely<Tables>,
  project: ProjectId,
  nowSeconds: number,
): Promise<FleetSummary> {
  const rows = await tables
    .selectFrom('endpoints')
    .select(({ fn, case: when }) => [
      ...KIND,
      fn.countAll().as('count'),
      fn.sum(when().when('grant_expires_at', '<', nowSeconds).then(1).else(0).end()).as('expired'),
    ])
    .where('project', '=', project)
    .groupBy(KIND)
    .execute();
  const kinds = rows.map((row) => ({ ...row, count: Number(row.count), expired: Number(row.expired) }));
  type Kind = (typeof kinds)[number];
  const sum = (numberOf: (kind: Kind) => number) => kinds.reduce((all, kind) => all + numberOf(kind), 0);
  const by = (valueIn: (kind: Kind) => string | null) => {
    const counts = new Map<string, number>();
    for (const kind of kinds) {
      const value = valueIn(kind);
      if (value !== null) counts.set(value, (counts.get(value) ?? 0) + kind.count);
    }
    return counts;
  };
  const total = sum(({ count }) => count);
  const granted = sum(({ can_dial_back, count }) => Number(can_dial_back) * count);
  const expired = sum((kind) => Number(kind.can_dial_back) * kind.expired);
  return {
    total,
    online: sum(({ is_online, count }) => Number(is_online) * count),
    levels: counted(
      by(({ level }) => level ?? 'none'),
      ['green', 'orange', 'red', 'grey', 'none'],
    ),
    natTypes: counted(
      by(({ nat_type }) => nat_type),
      ['Endpoint-Independent', 'Endpoint-Dependent', 'Unknown'],
    ),
    grants: { granted: granted - expired, expired, none: total - granted },
    versions: commonest(by(({ iroh_version }) => iroh_version)),
    groups: commonest(by(({ group_name }) => group_name)),
  };
}

function counted<Value extends string>(
  counts: ReadonlyMap<string, number>,
  values: readonly Value[],
): Record<Value, number> {
  const entries = values.map((value) => [value, counts.get(value) ?? 0]);
  return Object.fromEntries(entries) as Record<Value, number>;
}

function commonest(counts: ReadonlyMap<string, number>): Counted[] {
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .filter(({ value }) => value !== '')
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, MAX_NAMED);
}
