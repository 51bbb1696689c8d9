/** How each member of an object is made. */
type Makers<T> = { readonly [K in keyof T]: () => T[K] };

/**
 * An object whose members are made when they are read for the first time. The colour needs a few conclusions only, and which
 * ones shows which open runs can still change it.
 */
export function onRead<T extends object>(makers: Makers<T>): T {
  const made = {} as T;
  for (const key of Object.keys(makers) as (keyof T)[]) {
    let value: { is: T[keyof T] } | undefined;
    Object.defineProperty(made, key, {
      enumerable: true,
      get: () => {
        value ??= { is: makers[key]() };
        return value.is;
      },
    });
  }
  return made;
}
