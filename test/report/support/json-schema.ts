import type { JsonSchema } from '../../../lib/report/index.js';

/**
 * What is wrong with a value; empty: nothing. Knows the part of JSON Schema that the report's schema is written in.
 * `closed`: members that the schema does not name are wrong too, which no reader of reports may demand.
 */
export function violations(value: unknown, root: JsonSchema, closed = false): string[] {
  const check = (part: unknown, schema: JsonSchema, at: string): string[] => {
    if (schema.$ref !== undefined) {
      const target = root.$defs?.[schema.$ref.replace('#/$defs/', '')];
      return target === undefined ? [`${at}: ${schema.$ref} leads nowhere`] : check(part, target, at);
    }
    if (schema.anyOf !== undefined) {
      const results = schema.anyOf.map((choice) => check(part, choice, at));
      return results.some((result) => result.length === 0) ? [] : [`${at}: none of anyOf`, ...results.flat()];
    }
    const { enum: values, const: only, type, minimum = -Infinity, maximum = Infinity } = schema;
    if (values !== undefined && !values.includes(part as string))
      return [`${at}: ${String(part)} is no ${values}`];
    if (only !== undefined && part !== only) return [`${at}: is not ${only}`];
    if (type !== undefined && !isType(part, type)) return [`${at}: is no ${type}`];
    if (typeof part === 'number' && (part < minimum || part > maximum))
      return [`${at}: ${part} is out of range`];
    if (Array.isArray(part)) {
      const { items } = schema;
      return items === undefined ? [] : part.flatMap((item, i) => check(item, items, `${at}[${i}]`));
    }
    return typeof part === 'object' && part !== null ? checkObject(part, schema, at) : [];
  };
  const checkObject = (part: object, schema: JsonSchema, at: string): string[] => {
    const missing = (schema.required ?? []).filter((key) => !Object.hasOwn(part, key));
    return [
      ...missing.map((key) => `${at}.${key}: is missing`),
      ...Object.entries(part).flatMap(([key, member]) => {
        const known = schema.properties?.[key] ?? schema.additionalProperties;
        if (known === undefined) return closed ? [`${at}.${key}: is not in the schema`] : [];
        return check(member, known, `${at}.${key}`);
      }),
    ];
  };
  return check(value, root, '$');
}

function isType(value: unknown, type: NonNullable<JsonSchema['type']>): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}
