import swagger from '@fastify/swagger';
import { Type } from 'typebox';
import { PLATFORM_VERSION } from '../../version.js';
import { Problem } from './problem.js';
import { SHOULD } from './schemas.js';
import type { Api } from './types.js';

/** Any part of a document. */
type Json =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Json[]
  | { readonly [name: string]: Json };
type JsonObject = { readonly [name: string]: Json };

const DESCRIPTION = `What the dashboard does, for programs. Everything lies in a project; times are unix milliseconds; lists are
\`{ items, next }\`. A refusal is a problem (RFC 9457) whose \`code\` stays the same. Answers may get more members: pass over those
that you do not know. \`x-permission\` says what a caller needs.`;

const TAGS = [
  { name: 'session', description: 'How browsers come in and go out' },
  { name: 'me', description: 'Whoever asks' },
  { name: 'users', description: 'The users of the platform' },
  { name: 'projects', description: 'The projects, in which everything else lies' },
  { name: 'members', description: 'The members of a project' },
  { name: 'tokens', description: 'With what programs come in' },
  { name: 'audit', description: 'Who did what' },
  { name: 'platform', description: 'The platform as a whole' },
  { name: 'endpoints', description: 'The endpoints of a project' },
  { name: 'reports', description: 'What endpoints report' },
  { name: 'runs', description: 'Runs of the diagnostics' },
  { name: 'metrics', description: 'What endpoints measure' },
  { name: 'secrets', description: 'With what endpoints come in' },
  { name: 'events', description: 'What changes, as it changes' },
];

/** Adds the document, which describes every route that is added after it. */
export async function addDocument(api: Api): Promise<void> {
  await api.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Iroh Net Diagnostics: platform', version: PLATFORM_VERSION, description: DESCRIPTION },
      tags: TAGS,
      components: {
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description: 'An API token, or the token of the configuration.',
          },
        },
      },
    },
    transform: ({ schema, url, route }) => {
      const needs = route.config?.needs ?? 'signed-in';
      const documented = {
        ...schema,
        'x-permission': needs,
        security: needs === 'anybody' ? [] : [{ token: [] }],
        response: {
          ...(schema.response as object),
          default: {
            description: 'A refusal.',
            content: { 'application/problem+json': { schema: Problem } },
          },
        },
      };
      return { schema: documented, url };
    },
  });
  let text: string | null = null;
  api.get(
    '/openapi.json',
    {
      config: { needs: 'anybody', etag: 'strong' },
      schema: {
        operationId: 'getOpenApi',
        summary: 'This document',
        tags: ['platform'],
        response: { 200: Type.Object({}, { additionalProperties: true }) },
      },
    },
    (_request, reply) => {
      text ??= `${JSON.stringify(named(api.swagger() as unknown as JsonObject), null, 2)}\n`;
      // As it is: a text is not made into one again.
      return reply.type('application/json; charset=utf-8').send(text as never);
    },
  );
}

/** The document with each schema that has a title written once, under its title. */
function named(document: JsonObject): JsonObject {
  const schemas: Record<string, Json> = {};
  const visit = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).filter(([name]) => name !== SHOULD);
    const visited = Object.fromEntries(entries.map(([name, part]) => [name, visit(part)]));
    const { title, ...schema } = visited;
    if (typeof title !== 'string' || 'version' in visited) return visited;
    const known = schemas[title];
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema))
      throw new Error(`Two schemas are called ${title}.`);
    schemas[title] = schema;
    return { $ref: `#/components/schemas/${title}` };
  };
  const { components, ...others } = document;
  const visited = visit(others) as JsonObject;
  const sorted = Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { ...visited, components: { ...(components as JsonObject), schemas: sorted } };
}
