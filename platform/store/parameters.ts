const NUL = '\0';

/**
 * Values for a statement, without what no database here keeps in text: PostgreSQL refuses a whole statement for a NUL, and
 * libsql reads the text only up to it. What strangers send is cleaned long before; this is for what others missed.
 */
export function storable(parameters: readonly unknown[]): unknown[] {
  return parameters.map((value) =>
    typeof value === 'string' && value.includes(NUL) ? value.replaceAll(NUL, '\uFFFD') : value,
  );
}
