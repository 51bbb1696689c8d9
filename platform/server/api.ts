import {
  API_SECRET_ENV_VAR_NAME,
  type EndpointFilter,
  type EndpointId,
  hasCode,
  isReportId,
  messageOf,
  parseEndpointId,
  type ServicesHost,
} from 'iroh-net-diagnostics/services';
import { CHALLENGE_HEADER, PROOF_HEADER } from '../proof.js';
import { MAX_HISTORY } from './constants.js';
import { type Exchange, HttpError } from './exchange.js';
import { endpointJson, metricsJson, reportJson, reportSummaryJson } from './json.js';

const NO_ENDPOINT = 'There is no such endpoint.';
const NO_SECRET = 'There is no such good secret.';

/** What the API works with. */
export interface ApiContext {
  services: ServicesHost;
  /** For a caller that knows the platform's id: see `proof.ts`. */
  prove(challenge: string, body: string): string | null;
}

/** The JSON half of the dashboard. */
export class Api {
  readonly #context: ApiContext;

  constructor(context: ApiContext) {
    this.#context = context;
  }

  async endpoints(exchange: Exchange): Promise<void> {
    const { services } = this.#context;
    const views = await services.endpoints(filterOf(exchange.url.searchParams));
    exchange.json({ platformId: services.id, endpoints: views.map(endpointJson) });
  }

  async endpoint(exchange: Exchange, text: string): Promise<void> {
    const { services } = this.#context;
    const id = idIn(text, NO_ENDPOINT);
    const view = await services.endpoint(id);
    if (view === null) throw new HttpError(404, NO_ENDPOINT);
    const reports = (await services.reportSummaries(id, MAX_HISTORY)).map(reportSummaryJson);
    exchange.json({ platformId: services.id, endpoint: endpointJson(view), reports });
  }

  async metrics(exchange: Exchange, text: string): Promise<void> {
    const sessions = await this.#context.services.metrics(idIn(text, NO_ENDPOINT));
    exchange.json({ sessions: sessions.map(metricsJson) });
  }

  /** Begins a run and answers at once; the live updates tell how it goes. */
  async run(exchange: Exchange, text: string): Promise<void> {
    const { services } = this.#context;
    const id = idIn(text, NO_ENDPOINT);
    const begun = new Promise<void>((resolve, reject) => {
      // The run's own failure is told by its last progress.
      services.dialBack(id, { onProgress: () => resolve() }).catch(reject);
    });
    try {
      await begun;
    } catch (error) {
      if (hasCode(error, 'ERR_STATE')) throw new HttpError(409, messageOf(error));
      throw error;
    }
    exchange.json({ run: services.progress(id) }, 202);
  }

  async report(exchange: Exchange, id: string): Promise<void> {
    const record = isReportId(id) ? await this.#context.services.report(id) : null;
    if (record === null) throw new HttpError(404, 'There is no such report.');
    exchange.json(reportJson(record));
  }

  async secrets(exchange: Exchange): Promise<void> {
    const { services } = this.#context;
    exchange.json({ platformId: services.id, secrets: await services.apiSecrets() });
  }

  async createSecret(exchange: Exchange): Promise<void> {
    const { label = '', sshKey } = await exchange.jsonBody();
    if (typeof label !== 'string') throw new HttpError(400, 'label has to be a text.');
    if (sshKey !== undefined && typeof sshKey !== 'string')
      throw new HttpError(400, 'sshKey has to be a text.');
    try {
      if (sshKey !== undefined) {
        exchange.json({ keyId: await this.#context.services.registerSshKey(sshKey, label.trim()) }, 201);
        return;
      }
      const secret = await this.#context.services.createApiSecret(label.trim());
      const text = secret.reveal();
      const answer = { keyId: secret.keyId, secret: text, envLine: `${API_SECRET_ENV_VAR_NAME}=${text}` };
      this.#prove(exchange, answer);
      exchange.json(answer, 201);
    } catch (error) {
      this.#prove(exchange, { error: messageOf(error) });
      if (hasCode(error, 'ERR_SETTING')) throw new HttpError(400, messageOf(error));
      if (hasCode(error, 'ERR_STATE')) throw new HttpError(409, messageOf(error));
      throw error;
    }
  }

  /** Also a refusal is the platform's own. */
  #prove({ request, response }: Exchange, answer: unknown): void {
    const challenge = request.headers[CHALLENGE_HEADER];
    const proof =
      typeof challenge === 'string' ? this.#context.prove(challenge, JSON.stringify(answer)) : null;
    if (proof !== null) response.setHeader(PROOF_HEADER, proof);
  }

  async revokeSecret(exchange: Exchange, text: string): Promise<void> {
    const keyId = idIn(text, NO_SECRET);
    if (!(await this.#context.services.revokeApiSecret(keyId))) throw new HttpError(404, NO_SECRET);
    exchange.json({ keyId });
  }
}

/** The id in a path. @throws HttpError 404 with this message where it can be nobody's */
function idIn(text: string, message: string): EndpointId {
  try {
    return parseEndpointId(text);
  } catch {
    throw new HttpError(404, message);
  }
}

/** `?group=staging&attribute=region=eu&attribute=tier=`. */
function filterOf(query: URLSearchParams): EndpointFilter {
  const attributes = query.getAll('attribute').map((text): [string, string] => {
    const at = text.indexOf('=');
    if (at < 0) throw new HttpError(400, 'attribute has to be key=value.');
    return [text.slice(0, at), text.slice(at + 1)];
  });
  return { group: query.get('group') ?? undefined, attributes: Object.fromEntries(attributes) };
}
