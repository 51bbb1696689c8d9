import { DecodeError } from '../bytes.js';
import { booleanValue, DerReader, oidText, smallInteger, Tag, wholeSequence } from './der.js';

/** What a certificate's extensions say about its use (RFC 5280 §4.2). Null or empty: the extension is absent. */
export interface Extensions {
  isCa: boolean;
  /** How many intermediate certificates may follow below. Null: any number. */
  pathLength: number | null;
  keyUsage: { digitalSignature: boolean; keyCertSign: boolean } | null;
  /** Object identifiers. */
  extendedKeyUsage: readonly string[] | null;
  hasNameConstraints: boolean;
  /** Object identifiers of critical extensions that we do not understand. */
  unknownCritical: readonly string[];
}

const Oid = {
  KEY_USAGE: '2.5.29.15',
  SUBJECT_ALT_NAME: '2.5.29.17',
  BASIC_CONSTRAINTS: '2.5.29.19',
  NAME_CONSTRAINTS: '2.5.29.30',
  CERTIFICATE_POLICIES: '2.5.29.32',
  EXTENDED_KEY_USAGE: '2.5.29.37',
} as const;

/**
 * These may be critical although we do not read them: OpenSSL matches the names, and policies matter only to those
 * who ask for some. (Policy constraints could ask for some; we do not know them, so they are refused.)
 */
const HARMLESS: ReadonlySet<string> = new Set([Oid.SUBJECT_ALT_NAME, Oid.CERTIFICATE_POLICIES]);

export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

/** Reads an `Extensions` sequence. @throws DecodeError */
export function decodeExtensions(bytes: Buffer | null): Extensions {
  const found: Extensions = {
    isCa: false,
    pathLength: null,
    keyUsage: null,
    extendedKeyUsage: null,
    hasNameConstraints: false,
    unknownCritical: [],
  };
  if (bytes === null) return found;
  const seen = new Set<string>();
  return wholeSequence(bytes, (list) => {
    let extensions = found;
    while (!list.isAtEnd) {
      const extension = list.sequence();
      const oid = oidText(extension.expect(Tag.OID).value);
      const critical = extension.optional(Tag.BOOLEAN);
      const { value } = extension.expect(Tag.OCTET_STRING);
      extension.end();
      if (seen.has(oid)) throw new DecodeError(`extension ${oid} comes twice`);
      seen.add(oid);
      const isCritical = critical !== null && booleanValue(critical.value);
      extensions = { ...extensions, ...interpret(oid, isCritical, value, extensions) };
    }
    return extensions;
  });
}

function interpret(oid: string, isCritical: boolean, value: Buffer, before: Extensions): Partial<Extensions> {
  switch (oid) {
    case Oid.BASIC_CONSTRAINTS:
      return wholeSequence(value, basicConstraints);
    case Oid.KEY_USAGE:
      return { keyUsage: keyUsage(value) };
    case Oid.EXTENDED_KEY_USAGE:
      return { extendedKeyUsage: wholeSequence(value, oids) };
    case Oid.NAME_CONSTRAINTS:
      return { hasNameConstraints: true };
    default:
      if (!isCritical || HARMLESS.has(oid)) return {};
      return { unknownCritical: [...before.unknownCritical, oid] };
  }
}

/** RFC 5280 §4.2.1.9. */
function basicConstraints(content: DerReader): Pick<Extensions, 'isCa' | 'pathLength'> {
  const ca = content.optional(Tag.BOOLEAN);
  const length = content.optional(Tag.INTEGER);
  return {
    isCa: ca !== null && booleanValue(ca.value),
    pathLength: length === null ? null : smallInteger(length.value),
  };
}

/** RFC 5280 §4.2.1.3: named bits, the first one is the highest of the first byte after the count of unused bits. */
function keyUsage(value: Buffer): Extensions['keyUsage'] {
  const reader = new DerReader(value);
  const [unused = 8, bits] = reader.expect(Tag.BIT_STRING).value;
  reader.end();
  if (unused > 7 || bits === undefined) throw new DecodeError('a malformed key usage');
  return { digitalSignature: (bits & 0x80) !== 0, keyCertSign: (bits & 0x04) !== 0 };
}

function oids(content: DerReader): readonly string[] {
  const found: string[] = [];
  while (!content.isAtEnd) found.push(oidText(content.expect(Tag.OID).value));
  return found;
}
