import type { JsonSchema } from '../../../lib/report/index.js';

/**
 * The type of the values that a JSON schema describes. `Texts` names definitions of text that have a type of their
 * own, e.g. a branded one.
 */
export type FromSchema<
  S extends JsonSchema,
  Texts extends Record<string, string>,
  Defs = NonNullable<S['$defs']>,
> = Value<S, Defs, Texts>;

type Value<S, Defs, Texts> = S extends { $ref: `#/$defs/${infer Name}` }
  ? Name extends keyof Texts
    ? Texts[Name]
    : Name extends keyof Defs
      ? Value<Defs[Name], Defs, Texts>
      : never
  : S extends { anyOf: readonly (infer Choice)[] }
    ? Choice extends unknown
      ? Value<Choice, Defs, Texts>
      : never
    : S extends { enum: readonly (infer One)[] }
      ? One
      : S extends { const: infer Only }
        ? Only
        : S extends { type: 'array'; items: infer Item }
          ? readonly Value<Item, Defs, Texts>[]
          : S extends { type: 'object' }
            ? ObjectValue<S, Defs, Texts>
            : S extends { type: keyof Simple }
              ? Simple[S['type']]
              : never;

interface Simple {
  string: string;
  number: number;
  integer: number;
  boolean: boolean;
  null: null;
}

type ObjectValue<S, Defs, Texts> = S extends {
  properties: infer Members;
  required: readonly (infer Required)[];
}
  ? { [K in keyof Members & Required]: Value<Members[K], Defs, Texts> } & {
      [K in Exclude<keyof Members, Required>]?: Value<Members[K], Defs, Texts>;
    }
  : S extends { additionalProperties: infer Member }
    ? Readonly<Record<string, Value<Member, Defs, Texts>>>
    : never;

/** Where two types of plain JSON differ, as paths; `never`: nowhere. */
export type Differences<A, B, At extends string = '$'> =
  IsSame<null extends A ? true : false, null extends B ? true : false> extends true
    ? Inner<NonNullable<A>, NonNullable<B>, At>
    : `${At}: null in one only`;

type Inner<A, B, At extends string> = [A | B] extends [Primitive]
  ? IsSame<A, B> extends true
    ? never
    : At
  : [A, B] extends [readonly (infer X)[], readonly (infer Y)[]]
    ? Differences<X, Y, `${At}[]`>
    : Extract<A | B, Primitive | readonly unknown[]> extends never
      ? MemberDifferences<A, B, At>
      : At;

type MemberDifferences<A, B, At extends string> = {
  [K in (keyof A | keyof B) & string]-?: K extends keyof A & keyof B
    ? IsSame<IsOptional<A, K>, IsOptional<B, K>> extends true
      ? Differences<Exclude<A[K], undefined>, Exclude<B[K], undefined>, `${At}.${K}`>
      : `${At}.${K}: may lack in one only`
    : `${At}.${K}: in one only`;
}[(keyof A | keyof B) & string];

type Primitive = string | number | boolean | null | undefined;
type IsOptional<T, K extends keyof T> = Record<never, never> extends Pick<T, K> ? true : false;
type IsSame<A, B> = [A, B] extends [B, A] ? true : false;
