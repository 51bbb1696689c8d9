/** Answers of the platform's API held to their schemas: what a schema does not know is a mistake here, and passes for users. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { FastifySerializerCompiler } from 'fastify';

type Schema = { readonly [name: string]: unknown };

const ajv = new Ajv2020({ strict: false, allErrors: true });
const known = new WeakMap<object, ValidateFunction>();

/** The schema without room for members that it does not name. */
export function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const parts = Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, closed(part)]));
  const isOpen = 'additionalProperties' in schema || !('properties' in schema) || parts.type !== 'object';
  return isOpen ? parts : { ...parts, additionalProperties: false };
}

/** As text for a test that failed. */
export function faultsOf(errors: readonly ErrorObject[] | null | undefined): string {
  return (errors ?? [])
    .map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`)
    .join('; ');
}

/** For the parts of a platform that tests replace: an answer that its schema does not describe is a 500. */
export const checkedAnswers: FastifySerializerCompiler<unknown> = ({ schema, url }) => {
  const isObject = typeof schema === 'object' && schema !== null;
  if (!isObject) throw new Error(`${url} has an answer without a schema.`);
  const validate = known.get(schema) ?? ajv.compile(closed(schema) as Schema);
  known.set(schema, validate);
  return (answer) => {
    const text = JSON.stringify(answer);
    if (!validate(JSON.parse(text)))
      throw new Error(`${url} answers what it does not describe: ${faultsOf(validate.errors)}`);
    return text;
  };
};
