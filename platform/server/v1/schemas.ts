/** What the schemas of several resources have in common. */
import { type TSchema, Type } from 'typebox';

/** Times in JavaScript have no more. */
const MAX_TIME = 8_640_000_000_000_000;

/** What a refusal says that a value has to be, where type and limits do not say it well enough. */
export const SHOULD = 'x-should';

/** A value, or `null`. */
export function nullable<S extends TSchema>(schema: S) {
  return Type.Union([schema, Type.Null()]);
}

/** One of some words. */
export function words<const Words extends readonly string[]>(all: Words, options: object = {}) {
  return Type.Unsafe<Words[number]>({ type: 'string', enum: [...all], ...options });
}

/** A pair of texts. */
export const Pair = Type.Unsafe<[string, string]>(Type.Array(Type.String(), { minItems: 2, maxItems: 2 }));

/** Unix milliseconds. */
export function time(description = 'Unix milliseconds.') {
  return Type.Integer({
    description,
    minimum: 0,
    maximum: MAX_TIME,
    [SHOULD]: 'a time in unix milliseconds',
  });
}

/** A text of a request. Databases keep no NUL, and no name has one. */
export function text(most: number, options: object = {}) {
  return Type.String({ maxLength: most, pattern: '^[^\\u0000]*$', ...options });
}

/** A public key: of an endpoint, an API secret or a platform. */
export const KeyId = Type.String({
  pattern: '^[0-9a-f]{64}$',
  [SHOULD]: 'the id of an endpoint',
  description: 'A public key, as 64 hex digits.',
});

export const ReportId = Type.String({
  pattern: '^[0-9a-f]{20}$',
  [SHOULD]: 'the id of a report',
  description: 'The ids of reports sort by time.',
});

/** Who did something. */
export const Actor = Type.Object(
  {
    kind: Type.String({ examples: ['user', 'token', 'local', 'anyone', 'program'] }),
    id: Type.String(),
    name: Type.String({ description: 'In words.' }),
  },
  { title: 'Actor', description: 'Who did something.' },
);

/** Which project a path is about. */
export const InProject = Type.Object({
  project: Type.String({
    pattern: '^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$',
    description: 'The id of the project.',
    examples: ['default'],
  }),
});

/** Which endpoint a path is about. */
export const OfEndpoint = Type.Object({ ...InProject.properties, endpoint: KeyId });

/** How many items an answer may have. */
export function limit(usual: number, most: number) {
  return Type.Optional(
    Type.Integer({ minimum: 1, maximum: most, default: usual, description: 'How many items at most.' }),
  );
}

/** A part of a list. @param title - the name of the schema in the document */
export function page<S extends TSchema>(
  item: S,
  title: string,
  next = 'For the next page; `null`: this was the last.',
) {
  return Type.Object(
    { items: Type.Array(item), next: nullable(Type.String({ description: next })) },
    { title },
  );
}

/** A list that has one page. */
export function whole<T>(items: T[]): { items: T[]; next: null } {
  return { items, next: null };
}
