/** How the API says that it refuses: RFC 9457. */
import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyRequest } from 'fastify';
import { printable } from 'iroh-net-diagnostics/services';
import { type Static, Type } from 'typebox';
import { type Flaw, HttpError } from '../http-error.js';
import { SHOULD, words } from './schemas.js';

/** So many flaws of a request are told. */
const MAX_FLAWS = 20;
const MAX_NAME = 40;

export const Problem = Type.Object(
  {
    type: Type.String({ description: 'Always `about:blank`: `code` says which problem it is.' }),
    title: Type.String({ description: 'The words of the status.' }),
    status: Type.Integer(),
    detail: Type.String({ description: 'A sentence for a reader.' }),
    code: Type.String({ description: 'A word that stays the same, for programs.', examples: ['not-found'] }),
    requestId: Type.String({ description: 'As the platform’s log names the request.' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          in: words(['path', 'query', 'header', 'body']),
          name: Type.String({
            description: 'The parameter, or the member of the body; empty: the whole body.',
          }),
          detail: Type.String(),
        }),
        { description: 'What is wrong with the request.' },
      ),
    ),
  },
  { title: 'Problem', description: 'Why a request was refused (RFC 9457).' },
);

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

const CODES: { readonly [status: number]: string } = {
  400: 'invalid-request',
  401: 'not-signed-in',
  403: 'not-allowed',
  404: 'not-found',
  405: 'method-not-allowed',
  409: 'conflict',
  413: 'too-large',
  415: 'unsupported-media-type',
  421: 'unknown-host',
  429: 'too-many-requests',
  500: 'platform-failed',
  503: 'unavailable',
};

export function problemOf(
  { statusCode, message, code, errors }: HttpError,
  requestId: string,
): Static<typeof Problem> {
  return {
    type: 'about:blank',
    title: STATUS_CODES[statusCode] ?? 'Error',
    status: statusCode,
    detail: message,
    code: code ?? CODES[statusCode] ?? 'refused',
    requestId,
    ...(errors.length === 0 ? {} : { errors: [...errors] }),
  };
}

/** A part of a JSON schema, as far as sentences need it. */
interface Shape {
  type?: string;
  enum?: readonly string[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  maxItems?: number;
  properties?: { readonly [name: string]: Shape };
  items?: Shape;
  [SHOULD]?: string;
}

const PLACES = { body: 'body', querystring: 'query', params: 'path', headers: 'header' } as const;

/** Words for a request that does not fit its schemas. A path that names nothing is not found. */
export function refusalOf(error: FastifyError, { routeOptions }: FastifyRequest): HttpError {
  const part = error.validationContext as keyof typeof PLACES;
  const schema = (routeOptions.schema?.[part] ?? {}) as Shape;
  if (part === 'params') {
    const [, name = 'thing'] = error.validation?.[0]?.instancePath.split('/') ?? [];
    return new HttpError(404, `There is no such ${name}.`);
  }
  const flaws = new Map<string, Flaw>();
  for (const { keyword, instancePath, params } of error.validation ?? []) {
    const [, name = ''] = instancePath.split('/');
    const flaw = flawOf(keyword, name, params, schema, part);
    if (!flaws.has(flaw.name) && flaws.size < MAX_FLAWS) flaws.set(flaw.name, flaw);
  }
  return invalid([...flaws.values()]);
}

/** A refusal of a request that does not make sense. */
export function invalid(flaws: readonly Flaw[]): HttpError {
  return new HttpError(400, flaws.map(({ detail }) => detail).join(' '), {}, { errors: flaws });
}

/** A refusal because of one parameter of the query. @param detail - without its name, which stands before it */
export function invalidQuery(name: string, detail: string): HttpError {
  return invalid([{ in: 'query', name, detail: `${name} ${detail}` }]);
}

function flawOf(
  keyword: string,
  name: string,
  params: Readonly<Record<string, unknown>>,
  schema: Shape,
  part: keyof typeof PLACES,
): Flaw {
  const place = PLACES[part];
  if (keyword === 'additionalProperties') {
    const unknown = printable(String(params.additionalProperty), MAX_NAME);
    const known = Object.keys(schema.properties ?? {}).join(', ');
    const what = part === 'body' ? 'member' : 'parameter';
    return {
      in: place,
      name: unknown,
      detail: `${unknown} is no ${what}: ${known === '' ? 'there are none' : `${known} are`}.`,
    };
  }
  const missing = keyword === 'required' ? String(params.missingProperty) : name;
  const wanted = schema.properties?.[missing];
  if (wanted === undefined) return { in: place, name: '', detail: 'The body has to be a JSON object.' };
  return { in: place, name: missing, detail: `${missing} ${sentenceOf(keyword, wanted, part)}.` };
}

function sentenceOf(keyword: string, wanted: Shape, part: keyof typeof PLACES): string {
  const isList = wanted.type === 'array';
  if (part === 'querystring' && isList && keyword === 'maxItems')
    return `can be given at most ${wanted.maxItems} times`;
  return `has to be ${shouldOf(isList && part === 'querystring' ? (wanted.items ?? wanted) : wanted)}`;
}

function shouldOf(shape: Shape): string {
  const { type, minimum, maximum, maxLength } = shape;
  if (shape[SHOULD] !== undefined) return shape[SHOULD];
  if (shape.enum !== undefined) return listed(shape.enum);
  switch (type) {
    case 'integer':
      return `a whole number from ${minimum} to ${maximum}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'a list';
    case 'object':
      return 'an object';
    default:
      return maxLength === undefined ? 'a text' : `a text of at most ${maxLength} characters, without NUL`;
  }
}

function listed(all: readonly string[]): string {
  return all.join(', ').replace(/, (?=[^,]*$)/, ' or ');
}
