/** The part of JSON Schema (draft 2020-12) that the report's schema uses. */
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

/**
 * An object's schema that keeps the types of its members. A test derives `LocalReport` from the finished schema and
 * finds every member that only one of the two has.
 */
export interface ObjectOf<P extends Properties, O extends Properties> extends JsonSchema {
  readonly type: 'object';
  readonly properties: P & O;
  readonly required: readonly (keyof P & string)[];
}

/** An object with these members; those of `optional` may be missing. Later releases may add more. */
export function object<const P extends Properties, const O extends Properties = Record<never, JsonSchema>>(
  description: string,
  properties: P,
  optional?: O,
): ObjectOf<P, O> {
  return {
    type: 'object',
    description,
    properties: { ...properties, ...optional } as P & O,
    required: Object.keys(properties),
  };
}

/** A reference to the definition `name`. `description`: what it means in this place. */
export function ref<const N extends string>(name: N, description?: string) {
  return { $ref: `#/$defs/${name}`, ...(description === undefined ? {} : { description }) } as const;
}

export function list<S extends JsonSchema>(items: S, description?: string) {
  return { type: 'array', items, ...(description === undefined ? {} : { description }) } as const;
}

/** The description says what `null` means. */
export function orNull<S extends JsonSchema>(schema: S, description: string) {
  return { anyOf: [schema, { type: 'null' }], description } as const;
}

export function oneOf<const V extends string | number | null>(values: readonly V[], description: string) {
  return { enum: values, description } as const;
}

export function text(description: string) {
  return { type: 'string', description } as const;
}

export function boolean(description: string) {
  return { type: 'boolean', description } as const;
}

/** Milliseconds. */
export function ms(description: string) {
  return { type: 'number', minimum: 0, description } as const;
}

/** How many. */
export function count(description: string) {
  return { type: 'integer', minimum: 0, description } as const;
}

export function port(description: string) {
  return { type: 'integer', minimum: 0, maximum: 65_535, description } as const;
}

export function family(description = 'The address family.') {
  return oneOf([4, 6], description);
}
