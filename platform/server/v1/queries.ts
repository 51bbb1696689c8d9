import type { FastifyRequest } from 'fastify';

/** A schema of a query, as far as its texts are read by it. */
interface QuerySchema {
  properties?: { readonly [name: string]: { type?: string } };
}

/** Reads the texts of a query as what its schema says that they are; what they cannot be stays, and is refused. */
export async function readQuery(request: FastifyRequest): Promise<void> {
  const { properties = {} } = (request.routeOptions.schema?.querystring ?? {}) as QuerySchema;
  const query = request.query as Record<string, unknown>;
  for (const [name, value] of Object.entries(query)) {
    if (Object.hasOwn(properties, name)) query[name] = readValue(value, properties[name]?.type);
  }
}

function readValue(value: unknown, type: string | undefined): unknown {
  if (type === 'array') return Array.isArray(value) ? value : [value];
  if (typeof value !== 'string') return value;
  if (type === 'integer') return /^\d{1,16}$/.test(value) ? Number(value) : value;
  if (type === 'boolean') return value === 'true' ? true : value === 'false' ? false : value;
  return value;
}
