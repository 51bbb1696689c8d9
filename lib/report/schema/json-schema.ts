/** The part of JSON Schema (draft 2020-12) that the report's schema is written in. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly $id?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly title?: string;
  readonly description?: string;
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null';
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly enum?: readonly (string | number | null)[];
  readonly const?: string | number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
}

/** Schemas by name. */
export type Properties = Readonly<Record<string, JsonSchema>>;

/** An object with these members; those of `optional` may lack. More may come with a later release. */
export function object(description: string, properties: Properties, optional: Properties = {}): JsonSchema {
  return {
    type: 'object',
    description,
    properties: { ...properties, ...optional },
    required: Object.keys(properties),
  };
}

/** What is defined under `name`; what it means in this place. */
export function ref(name: string, description?: string): JsonSchema {
  return { $ref: `#/$defs/${name}`, ...(description === undefined ? {} : { description }) };
}

export function list(items: JsonSchema, description?: string): JsonSchema {
  return { type: 'array', items, ...(description === undefined ? {} : { description }) };
}

/** The description says what `null` means. */
export function orNull(schema: JsonSchema, description: string): JsonSchema {
  return { anyOf: [schema, { type: 'null' }], description };
}

export function oneOf(values: readonly (string | number | null)[], description: string): JsonSchema {
  return { enum: values, description };
}

export function text(description: string): JsonSchema {
  return { type: 'string', description };
}

export function boolean(description: string): JsonSchema {
  return { type: 'boolean', description };
}

/** Milliseconds. */
export function ms(description: string): JsonSchema {
  return { type: 'number', minimum: 0, description };
}

/** How many. */
export function count(description: string): JsonSchema {
  return { type: 'integer', minimum: 0, description };
}

export function port(description: string): JsonSchema {
  return { type: 'integer', minimum: 0, maximum: 65_535, description };
}

export function family(description = 'The address family.'): JsonSchema {
  return oneOf([4, 6], description);
}
