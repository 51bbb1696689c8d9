/** The OpenAPI document of a running platform, and a fetch that holds every answer to it. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { closed, faultsOf } from '../../support/checked-answers.js';

interface Operation {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { content: { 'application/json': { schema: Schema } } };
  responses: { [status: string]: { content?: { [type: string]: { schema: Schema } } } };
  'x-permission': string;
}

export interface Schema {
  $ref?: string;
  type?: string;
  [keyword: string]: unknown;
}

export interface Parameter {
  in: 'path' | 'query';
  name: string;
  required: boolean;
  schema: Schema;
}

export interface Document {
  openapi: string;
  paths: { [path: string]: { [method: string]: Operation } };
  components: { schemas: { [name: string]: Schema } };
}

/** An operation of the document. */
export interface Documented extends Operation {
  method: string;
  path: string;
}

/** What the walk begins with. */
export interface WalkStart {
  origin: string;
  fetch(request: Request): Promise<Response>;
  /** An endpoint that is online, has a metric, and answers a run. */
  endpoint: string;
  /** The name of its metric. */
  metric: string;
  /** A line of a `.pub` file. */
  sshKey: string;
  /** Of a platform without accounts. */
  setUpCode: string;
}

/** Calls every operation of the API: `client/walk.ts`. */
export type Walk = (start: WalkStart) => Promise<void>;

/** A platform's API, as its document has it. */
export class DocumentedApi {
  readonly operations: readonly Documented[];
  /** Those that were called. */
  readonly called = new Set<string>();
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #validators = new Map<string, ValidateFunction>();
  readonly #headers: Readonly<Record<string, string>>;

  constructor(
    readonly origin: string,
    readonly document: Document,
    headers: Readonly<Record<string, string>>,
  ) {
    this.#headers = headers;
    this.#ajv.addSchema({ $id: 'document:', ...(closed(document) as object) });
    this.operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        ...operation,
        path,
        method: method.toUpperCase(),
      })),
    );
  }

  /** @param headers - those of each request that does not say itself who asks */
  static async of(origin: string, headers: Record<string, string> = {}): Promise<DocumentedApi> {
    const answer = await fetch(`${origin}/api/v1/openapi.json`);
    return new DocumentedApi(origin, (await answer.json()) as Document, headers);
  }

  /** Asks, and refuses an answer that the document does not describe. */
  fetch = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    const operation = this.operations.find(
      ({ method, path }) => method === request.method && patternOf(path).test(pathname),
    );
    if (operation === undefined) throw new Error(`The document has no ${request.method} ${pathname}.`);
    return this.fetchAs(operation, request);
  };

  /** {@link fetch}, for a URL that may lead elsewhere. */
  async fetchAs(operation: Documented, request: Request): Promise<Response> {
    const isOther = ['authorization', 'cookie', 'origin'].some((name) => request.headers.has(name));
    for (const [name, value] of Object.entries(this.#headers)) if (!isOther) request.headers.set(name, value);
    const response = await fetch(request);
    await this.#check(operation, response);
    this.called.add(operation.operationId);
    return response;
  }

  async #check({ operationId, method, path, responses }: Documented, response: Response): Promise<void> {
    const { status } = response;
    if (status === 304) return;
    const key = status in responses ? String(status) : 'default';
    if (key === 'default' && status < 400) throw new Error(`${operationId} has no answer ${status}.`);
    const { content } = responses[key] ?? {};
    const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? '';
    if (content === undefined && status === 204) return;
    if (content?.[type] === undefined) throw new Error(`${operationId} answers ${status} as ${type}.`);
    if (type === 'text/event-stream') return;
    const pointer = ['paths', path, method.toLowerCase(), 'responses', key, 'content', type, 'schema'];
    const validate = this.#validatorOf(pointer);
    const body: unknown = await response.clone().json();
    if (!validate(body)) {
      throw new Error(
        `${operationId} answers ${status} with ${JSON.stringify(body)}: ${faultsOf(validate.errors)}`,
      );
    }
  }

  #validatorOf(pointer: readonly string[]): ValidateFunction {
    const $ref = `document:#/${pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;
    const known = this.#validators.get($ref) ?? this.#ajv.compile({ $ref });
    this.#validators.set($ref, known);
    return known;
  }
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`);
}
