import type { ProjectId } from 'iroh-net-diagnostics/services';
import { type Static, Type } from 'typebox';
import { cached } from '../../cached.js';
import { FLEET_CACHE_MS } from '../constants.js';
import { LEVELS, NAT_TYPES } from './reports.js';
import { InProject } from './schemas.js';
import type { Api, ApiContext } from './types.js';

const Count = Type.Integer({ minimum: 0 });
const Counted = Type.Array(Type.Object({ value: Type.String(), count: Count }), {
  description: 'The commonest hundred, the commonest first.',
});

/** How many there are of each of some words. */
function counts<const Words extends readonly string[]>(all: Words) {
  return Type.Unsafe<Record<Words[number], number>>(
    Type.Object(Object.fromEntries(all.map((word) => [word, Count]))),
  );
}

const Fleet = Type.Object(
  {
    total: Count,
    online: Count,
    levels: counts([...LEVELS, 'none']),
    natTypes: counts(NAT_TYPES),
    grants: counts(['granted', 'expired', 'none']),
    versions: Counted,
    groups: Counted,
  },
  { title: 'Fleet', description: 'How many endpoints of each kind a project has.' },
);

const Limits = Type.Object(
  {
    reportsDays: Count,
    reportsPerEndpoint: Count,
    reports: Count,
    pointsDays: Count,
    points: Count,
    runsDays: Count,
    endpointsDays: Count,
    auditDays: Count,
    auditEntries: Count,
  },
  { description: 'What is older, or more, is removed, the oldest first. The same for every project.' },
);

const Usage = Type.Object(
  {
    endpoints: Count,
    reports: Count,
    bytes: Type.Integer({ minimum: 0, description: 'Of reports and metrics.' }),
    points: Type.Integer({ minimum: 0, description: 'Of metrics.' }),
    auditEntries: Type.Integer({ minimum: 0, description: 'Of who did what in the project.' }),
    limits: Limits,
  },
  { title: 'Usage', description: 'How much a project keeps; the points may be an hour old.' },
);

/** How much a project keeps. */
export type UsageJson = Static<typeof Usage>;

/** Adds what there is in a project, as figures. */
export function addFleet(api: Api, { fleetOf, usageOf, retention }: ApiContext): void {
  const fleet = cached(fleetOf, FLEET_CACHE_MS);
  const limits = limitsIn(retention);
  const usage = cached(
    async (project: ProjectId) => ({ ...(await usageOf(project)), limits }),
    FLEET_CACHE_MS,
  );

  api.get(
    '/projects/:project/fleet',
    {
      config: { needs: 'fleet:read', etag: 'weak' },
      schema: {
        operationId: 'getFleet',
        summary: 'How many endpoints of each kind there are',
        tags: ['endpoints'],
        params: InProject,
        response: { 200: Fleet },
      },
    },
    ({ params }) => fleet(params.project),
  );

  api.get(
    '/projects/:project/usage',
    {
      config: { needs: 'fleet:read', etag: 'weak' },
      schema: {
        operationId: 'getUsage',
        summary: 'How much is kept',
        tags: ['endpoints'],
        params: InProject,
        response: { 200: Usage },
      },
    },
    ({ params }) => usage(params.project),
  );
}

function limitsIn({ reports, metrics, ...rest }: ApiContext['retention']): Static<typeof Limits> {
  return {
    reportsDays: reports.days,
    reportsPerEndpoint: reports.perEndpoint,
    reports: reports.perProject,
    pointsDays: metrics.days,
    points: metrics.rowsPerProject,
    runsDays: rest.runsDays,
    endpointsDays: rest.endpointsDays,
    auditDays: rest.auditDays,
    auditEntries: rest.auditEntries,
  };
}
