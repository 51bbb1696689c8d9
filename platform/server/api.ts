import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  API_SECRET_ENV_VAR_NAME,
  DEFAULT_PROJECT,
  type EndpointId,
  type EndpointQuery,
  type EndpointRef,
  hasCode,
  isReportId,
  MAX_PAGE,
  messageOf,
  parseEndpointId,
  type ServicesHost,
} from 'iroh-net-diagnostics/services';
import { MAX_HISTORY } from './constants.js';
import { HttpError } from './http-error.js';
import { endpointJson, metricsJson, reportJson, reportSummaryJson } from './json.js';
import { type Prove, sendProven } from './proven.js';

const NO_ENDPOINT = 'There is no such endpoint.';
const NO_SECRET = 'There is no such good secret.';

/** What the API uses. */
export interface ApiContext {
  services: ServicesHost;
  prove: Prove;
}

/** The parameters of a path. */
interface Named {
  Params: { id: string };
}

/** A path with the id of an endpoint or a key. */
export const KEY_ID = ':id(^[0-9a-f]{64}$)';

/** Adds the dashboard's JSON API. */
export function addApi(app: FastifyInstance, { services, prove }: ApiContext): void {
  app.get('/api/endpoints', async (request) => {
    const { endpoints, next } = await services.endpoints({ ...filterOf(request), limit: MAX_PAGE });
    return { platformId: services.id, endpoints: endpoints.map(endpointJson), next };
  });

  app.get<Named>(`/api/endpoints/${KEY_ID}`, async ({ params }) => {
    const id = idIn(params.id, 404, NO_ENDPOINT);
    const view = await services.endpoint(refOf(id));
    if (view === null) throw new HttpError(404, NO_ENDPOINT);
    const reports = (await services.reportSummaries(refOf(id), { limit: MAX_HISTORY })).map(
      reportSummaryJson,
    );
    return { platformId: services.id, endpoint: endpointJson(view), reports };
  });

  app.get<Named>(`/api/endpoints/${KEY_ID}/metrics`, async ({ params }) => {
    const sessions = await services.metrics(refOf(idIn(params.id, 404, NO_ENDPOINT)));
    return { sessions: sessions.map(metricsJson) };
  });

  // Begins a run and answers at once; the live updates tell how it goes.
  app.post<Named>(`/api/endpoints/${KEY_ID}/diagnostics`, async ({ params }, reply) => {
    const id = idIn(params.id, 404, NO_ENDPOINT);
    const begun = new Promise<void>((resolve, reject) => {
      // A failure of the run itself is told by its last progress.
      services.dialBack(refOf(id), { onProgress: () => resolve() }).catch(reject);
    });
    await begun.catch((error: unknown) => {
      throw hasCode(error, 'ERR_STATE') ? new HttpError(409, messageOf(error)) : error;
    });
    return reply.code(202).send({ run: services.progress(refOf(id)) });
  });

  app.get<Named>('/api/reports/:id(^[0-9a-f]+$)', async ({ params }) => {
    const record = isReportId(params.id) ? await services.report(DEFAULT_PROJECT, params.id) : null;
    if (record === null) throw new HttpError(404, 'There is no such report.');
    return reportJson(record);
  });

  app.get('/api/secrets', async () => ({ platformId: services.id, secrets: await services.apiSecrets() }));

  app.post('/api/secrets', async (request, reply) => {
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

  app.post<Named>(`/api/secrets/${KEY_ID}/revoke`, async ({ params: { id } }) => {
    if (!(await services.revokeApiSecret(idIn(id, 404, NO_SECRET)))) throw new HttpError(404, NO_SECRET);
    return { keyId: id };
  });
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

function refOf(id: EndpointId): EndpointRef {
  return { project: DEFAULT_PROJECT, id };
}

/** @throws HttpError with this status and message for what is no id */
export function idIn(text: string, status: number, message: string): EndpointId {
  try {
    return parseEndpointId(text);
  } catch {
    throw new HttpError(status, message);
  }
}

/** `?group=staging&attribute=region=eu&attribute=tier=`. */
function filterOf({ url }: FastifyRequest): Partial<EndpointQuery> {
  const query = new URLSearchParams(url.split('?')[1]);
  const attributes = query.getAll('attribute').map((text): [string, string] => {
    const at = text.indexOf('=');
    if (at < 0) throw new HttpError(400, 'attribute has to be key=value.');
    return [text.slice(0, at), text.slice(at + 1)];
  });
  return { group: query.get('group') ?? undefined, attributes: Object.fromEntries(attributes) };
}
