import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { finished } from './answers.js';
import { addAudit } from './audit.js';
import { addBackup } from './backup.js';
import { addEndpoints } from './endpoints.js';
import { addEvents } from './events.js';
import { addFleet } from './fleet.js';
import { addMe } from './me.js';
import { addMembers } from './members.js';
import { addMetrics } from './metrics.js';
import { addDocument } from './openapi.js';
import { addPlatform } from './platform.js';
import { addProjects } from './projects.js';
import { readQuery } from './queries.js';
import { addReports } from './reports.js';
import { addRuns } from './runs.js';
import { addSecrets } from './secrets.js';
import { addSession } from './session.js';
import { addTokens } from './tokens.js';
import type { Api, ApiContext } from './types.js';
import { addUsers } from './users.js';

export type { AuditEntryJson } from './audit.js';
export type { EndpointJson, EndpointRowJson } from './endpoints.js';
export type { UsageJson } from './fleet.js';
export type { MeJson, SignInJson } from './me.js';
export type { MemberJson } from './members.js';
export type { MetricLineJson, MetricNameJson, MetricSeriesJson, MetricsSessionJson } from './metrics.js';
export type { UserJson } from './people-schemas.js';
export type { ProjectJson } from './projects.js';
export type { ReportJson, ReportSummaryJson } from './reports.js';
export type { ApiSecretJson } from './secrets.js';
export type { CreatedTokenJson, TokenJson } from './tokens.js';
export type { ApiContext } from './types.js';
export type { LinkJson } from './users.js';

const RESOURCES: readonly ((api: Api, context: ApiContext) => void)[] = [
  ...[addSession, addMe, addUsers, addProjects, addMembers, addTokens, addAudit],
  ...[addPlatform, addFleet, addEndpoints, addReports, addRuns, addMetrics, addSecrets, addEvents, addBackup],
];

/** Adds the API, under `/api/v1`. */
export async function addApi(app: FastifyInstance, context: ApiContext): Promise<void> {
  const add: FastifyPluginAsync = async (v1) => {
    // Nothing but JSON comes in.
    v1.removeAllContentTypeParsers();
    v1.addContentTypeParser(
      'application/json',
      { parseAs: 'string' },
      v1.getDefaultJsonParser('error', 'error'),
    );
    v1.setSerializerCompiler(context.serializer ?? (() => (answer) => JSON.stringify(answer)));
    v1.addHook('preValidation', readQuery);
    v1.addHook('onSend', (request, reply, payload) => finished(request, reply, payload, context.prove));
    const api = v1.withTypeProvider() as Api;
    await addDocument(api);
    for (const addResource of RESOURCES) addResource(api, context);
  };
  await app.register(add, { prefix: '/api/v1' });
}
