import type { PostcardReader } from './postcard-reader.js';
import type { PostcardWriter } from './postcard-writer.js';
import { WireError } from './wire-error.js';

/** What a token can allow. `all` allows everything, `client` everything except `all`, each of the others only itself. */
export type Capability =
  | 'all'
  | 'client'
  | 'relay:use'
  | 'metrics:put-any'
  | 'net-diagnostics:put-any'
  | 'net-diagnostics:get-any';

// In the order of the wire: by variant, then by sub-variant. `sub` is null where there are no sub-variants.
const CAPABILITIES: readonly { name: Capability; variant: number; sub: number | null }[] = [
  { name: 'all', variant: 0, sub: null },
  { name: 'client', variant: 1, sub: null },
  { name: 'relay:use', variant: 2, sub: 0 },
  { name: 'metrics:put-any', variant: 3, sub: 0 },
  { name: 'net-diagnostics:put-any', variant: 4, sub: 0 },
  { name: 'net-diagnostics:get-any', variant: 4, sub: 1 },
];

/** An immutable set of capabilities, in the order of the wire. */
export class Caps {
  readonly #members: ReadonlySet<Capability>;

  private constructor(members: Iterable<Capability>) {
    this.#members = new Set(members);
  }

  /** A set of these capabilities. Repetitions do not matter. */
  static of(...caps: Capability[]): Caps {
    return Caps.parse(caps);
  }

  /**
   * A set from its textual members, such as `net-diagnostics:get-any`.
   * @throws `ERR_WIRE_DECODE` for an unknown name
   */
  static parse(texts: readonly string[]): Caps {
    for (const [index, text] of texts.entries()) {
      if (!CAPABILITIES.some(({ name }) => name === text)) {
        throw new WireError(`caps[${index}]`, 0, 'unknown capability');
      }
    }
    return new Caps(CAPABILITIES.filter(({ name }) => texts.includes(name)).map(({ name }) => name));
  }

  /** Whether this set allows each member of `needed`. The empty set is always allowed. */
  permits(needed: Caps): boolean {
    return needed.toStrings().every((other) => this.#permitsOne(other));
  }

  /** The members as text, in the order of the wire. */
  toStrings(): Capability[] {
    return [...this.#members];
  }

  /** The members, separated by commas. */
  toString(): string {
    return this.toStrings().join(', ');
  }

  /** As {@link toStrings}. */
  toJSON(): Capability[] {
    return this.toStrings();
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Caps(${this.toString()})`;
  }

  #permitsOne(other: Capability): boolean {
    if (this.#members.has('all') || this.#members.has(other)) return true;
    return this.#members.has('client') && other !== 'all';
  }
}

export function writeCaps(writer: PostcardWriter, caps: Caps): void {
  writer.variant(0);
  writer.seq(caps.toStrings(), 'caps', (name) => {
    for (const capability of CAPABILITIES) {
      if (capability.name !== name) continue;
      writer.variant(capability.variant);
      if (capability.sub !== null) writer.variant(capability.sub);
    }
  });
}

/** Reads the members in any order, as the official decoder does. Refuses one that is there twice: no encoder writes that. */
export function readCaps(reader: PostcardReader, field: string): Caps {
  const start = reader.offset;
  const version = reader.variant(field);
  if (version !== 0) reader.fail(field, `unknown version ${version} of a capability set`, start);
  const seen = new Set<Capability>();
  reader.seq(field, 1, () => {
    const at = reader.offset;
    const name = readCapability(reader);
    if (seen.has(name)) reader.fail('', `${name} stands in the set twice`, at);
    seen.add(name);
  });
  return Caps.of(...seen);
}

function readCapability(reader: PostcardReader): Capability {
  const start = reader.offset;
  const variant = reader.variant('');
  const candidates = CAPABILITIES.filter((capability) => capability.variant === variant);
  const sub = candidates.some((capability) => capability.sub !== null) ? reader.variant('') : null;
  const found = candidates.find((capability) => capability.sub === sub);
  return (
    found?.name ??
    reader.fail('', `unknown capability ${sub === null ? variant : `${variant}.${sub}`}`, start)
  );
}
