import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  API_SECRET_ENV_VAR_NAME,
  DEFAULT_PROJECT,
  type EndpointId,
  type EndpointRef,
  type HistoryPage,
  hasCode,
  isReportId,
  messageOf,
  type ProjectId,
} from 'iroh-net-diagnostics/services';
import { cached } from '../cached.js';
import type { Fleet } from '../fleet.js';
import type { FleetSummary } from '../store/fleet-summary.js';
import type { Usage } from '../store/usage.js';
import { FLEET_CACHE_MS, HISTORY_PAGE, MAX_HISTORY } from './constants.js';
import { callerOf } from './doors/index.js';
import { endpointQueryIn, parametersOf, wholeNumber } from './endpoint-query.js';
import { HttpError } from './http-error.js';
import { idIn } from './id-in.js';
import { endpointJson, endpointRowJson, metricsJson, reportJson, reportSummaryJson } from './json.js';
import { type Prove, sendProven } from './proven.js';

const NO_ENDPOINT = 'There is no such endpoint.';
const NO_SECRET = 'There is no such good secret.';

/** What the API uses. */
export interface ApiContext {
  services: Fleet;
  /** Counts a project's endpoints. */
  fleetOf(project: ProjectId): Promise<FleetSummary>;
  /** How much a project keeps. */
  usageOf(project: ProjectId): Promise<Usage>;
  prove: Prove;
}

/** The parameters of a path. */
interface Named {
  Params: { id: string };
}

/** A path with the id of an endpoint or a key. */
export const KEY_ID = ':id(^[0-9a-f]{64}$)';

/** Adds the dashboard's JSON API. */
export function addApi(app: FastifyInstance, { services, fleetOf, usageOf, prove }: ApiContext): void {
  const fleet = cached(fleetOf, FLEET_CACHE_MS);
  app.get('/api/endpoints', { config: { needs: 'signed-in' } }, async (request) => {
    const query = { ...endpointQueryIn(request.url), project: DEFAULT_PROJECT };
    const { endpoints, next } = await services.endpoints(query).catch((error: unknown) => {
      throw hasCode(error, 'ERR_SETTING') ? new HttpError(400, messageOf(error)) : error;
    });
    return { platformId: services.id, endpoints: endpoints.map(endpointRowJson), next };
  });

  // How many there are of each kind, for the choices of a filter.
  app.get('/api/fleet', { config: { needs: 'signed-in' } }, () => fleet(DEFAULT_PROJECT));

  const usage = cached(usageOf, FLEET_CACHE_MS);
  app.get('/api/usage', { config: { needs: 'signed-in' } }, () => usage(DEFAULT_PROJECT));

  app.get<Named>(`/api/endpoints/${KEY_ID}`, { config: { needs: 'signed-in' } }, async ({ params }) => {
    const id = idIn(params.id, 404, NO_ENDPOINT);
    const view = await services.endpoint(refOf(id));
    if (view === null) throw new HttpError(404, NO_ENDPOINT);
    const history = await historyOf(refOf(id), { limit: HISTORY_PAGE });
    return { platformId: services.id, endpoint: endpointJson(view), ...history };
  });

  app.get<Named>(`/api/endpoints/${KEY_ID}/reports`, { config: { needs: 'signed-in' } }, ({ params, url }) =>
    historyOf(refOf(idIn(params.id, 404, NO_ENDPOINT)), historyPageIn(url)),
  );

  app.get<Named>(
    `/api/endpoints/${KEY_ID}/metrics`,
    { config: { needs: 'signed-in' } },
    async ({ params }) => {
      const sessions = await services.metrics(refOf(idIn(params.id, 404, NO_ENDPOINT)));
      return { sessions: sessions.map(metricsJson) };
    },
  );

  // Begins a run and answers at once; the live updates tell how it goes.
  app.post<Named>(
    `/api/endpoints/${KEY_ID}/diagnostics`,
    { config: { needs: 'signed-in' } },
    async (request, reply) => {
      const id = idIn(request.params.id, 404, NO_ENDPOINT);
      const run = await services.beginRun(refOf(id), callerOf(request)).catch((error: unknown) => {
        throw hasCode(error, 'ERR_STATE') ? new HttpError(409, messageOf(error)) : error;
      });
      return reply.code(202).send({ run });
    },
  );

  app.get<Named>('/api/reports/:id(^[0-9a-f]+$)', { config: { needs: 'signed-in' } }, async ({ params }) => {
    const record = isReportId(params.id) ? await services.report(DEFAULT_PROJECT, params.id) : null;
    if (record === null) throw new HttpError(404, 'There is no such report.');
    return reportJson(record);
  });

  app.get('/api/secrets', { config: { needs: 'signed-in' } }, async () => ({
    platformId: services.id,
    secrets: await services.apiSecrets(),
  }));

  app.post('/api/secrets', { config: { needs: 'signed-in' } }, async (request, reply) => {
    const { label, sshKey } = newSecretIn(request);
    try {
      if (sshKey !== undefined) {
        return reply.code(201).send({ keyId: await services.registerSshKey(sshKey, label) });
      }
      const secret = await services.createApiSecret(label);
      const text = secret.reveal();
      const answer = { keyId: secret.keyId, secret: text, envLine: `${API_SECRET_ENV_VAR_NAME}=${text}` };
      return sendProven(prove, request, reply.code(201), answer);
    } catch (error) {
      const status = hasCode(error, 'ERR_SETTING') ? 400 : hasCode(error, 'ERR_STATE') ? 409 : null;
      if (status === null) throw error;
      // A refusal is signed, too: it has to be the platform's own.
      return sendProven(prove, request, reply.code(status), { error: messageOf(error) });
    }
  });

  app.post<Named>(
    `/api/secrets/${KEY_ID}/revoke`,
    { config: { needs: 'signed-in' } },
    async ({ params: { id } }) => {
      if (!(await services.revokeApiSecret(idIn(id, 404, NO_SECRET)))) throw new HttpError(404, NO_SECRET);
      return { keyId: id };
    },
  );

  /** Reports, the newest first. `next`: for the page after this one; `null`: this was the last. */
  async function historyOf(ref: EndpointRef, { limit, before }: HistoryPage) {
    const found = await services.reportSummaries(ref, { limit: limit + 1, before });
    const reports = found.slice(0, limit).map(reportSummaryJson);
    return { reports, next: found.length > limit ? (reports.at(-1)?.id ?? null) : null };
  }
}

function newSecretIn({ body, headers }: FastifyRequest): { label: string; sshKey: string | undefined } {
  if (!/^application\/json(;|$)/i.test(headers['content-type'] ?? '')) {
    throw new HttpError(415, 'Send application/json.');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new HttpError(400, 'The body is no JSON object.');
  }
  const { label = '', sshKey } = body as Record<string, unknown>;
  if (typeof label !== 'string') throw new HttpError(400, 'label has to be a text.');
  if (sshKey !== undefined && typeof sshKey !== 'string')
    throw new HttpError(400, 'sshKey has to be a text.');
  return { label: label.trim(), sshKey };
}

/** `?limit=50&before=<id of a report>` */
function historyPageIn(url: string): HistoryPage {
  const parameters = parametersOf(url);
  const before = parameters.get('before') ?? undefined;
  if (before !== undefined && !isReportId(before)) {
    throw new HttpError(400, 'before has to be the id of a report.');
  }
  const limit = parameters.get('limit');
  return { limit: limit === null ? HISTORY_PAGE : wholeNumber(limit, 'limit', MAX_HISTORY), before };
}

function refOf(id: EndpointId): EndpointRef {
  return { project: DEFAULT_PROJECT, id };
}
