import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { codeOf, type EndpointId, NetDiagnosticsError, SecretKey } from 'iroh-net-diagnostics/services';

/** The environment variable with the key that seals the keys of identities. */
export const PLATFORM_KEY_VARIABLE = 'IROH_PLATFORM_KEY';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEX = /^[0-9a-f]{64}$/i;
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;
/** Version, mark of the key that sealed it, then nonce, encrypted seed and tag in base64. */
const SEALED = /^1\.([0-9a-f]{8})\.([A-Za-z0-9_-]{80})$/;

/**
 * Seals the secret keys of identities for a database that several processes share: who has the database alone, or a
 * backup of it, cannot act as the platform. A sealed key is bound to its identity: it opens in no other row.
 */
export class PlatformKey {
  readonly #key: Buffer;
  /** Where the operator finds it. */
  readonly #source: string;

  private constructor(key: Buffer, source: string) {
    this.#key = key;
    this.#source = source;
  }

  /**
   * The key in a file where one is named, else that of `IROH_PLATFORM_KEY`: 32 bytes in hex or base64.
   * @throws NetDiagnosticsError `ERR_SETTING`, which says where it looked and never repeats what was there
   */
  static async load(file: string | null, variables: NodeJS.ProcessEnv): Promise<PlatformKey> {
    if (file !== null) return PlatformKey.parse(await readText(file), `The key file ${file}`);
    const text = variables[PLATFORM_KEY_VARIABLE] ?? '';
    if (text === '') {
      throw unusable(
        `A database that several processes share holds the keys of the platform sealed: set ${PLATFORM_KEY_VARIABLE} ` +
          'to 32 random bytes in base64 (openssl rand -base64 32), the same for all of them, and keep it apart from the database.',
      );
    }
    return PlatformKey.parse(text, PLATFORM_KEY_VARIABLE);
  }

  /**
   * @param source - begins the sentence of an error: where the text comes from
   * @throws NetDiagnosticsError `ERR_SETTING`, which never repeats the text
   */
  static parse(text: string, source: string): PlatformKey {
    const trimmed = text.trim();
    const format = HEX.test(trimmed) ? 'hex' : BASE64.test(trimmed) ? 'base64' : null;
    if (format === null) {
      throw unusable(
        `${source} is not 32 bytes in hex (64 digits) or base64 (44 characters): openssl rand -base64 32 makes such a key.`,
      );
    }
    return new PlatformKey(Buffer.from(trimmed, format), source);
  }

  /** The secret key as it may lie in the database. */
  seal(secretKey: SecretKey): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce).setAAD(Buffer.from(secretKey.id, 'hex'));
    const sealed = [nonce, cipher.update(secretKey.toBytes()), cipher.final(), cipher.getAuthTag()];
    return `1.${this.#mark()}.${Buffer.concat(sealed).toString('base64url')}`;
  }

  /**
   * @param identity - whose key it has to be
   * @throws NetDiagnosticsError `ERR_SETTING` when another key sealed it, `ERR_STORE` when it was changed since; neither
   * holds any part of a key
   */
  open(identity: EndpointId, sealed: string): SecretKey {
    const [, mark, text] = SEALED.exec(sealed) ?? [];
    if (mark === undefined || text === undefined) throw damaged(identity);
    if (mark !== this.#mark()) {
      throw unusable(
        `${this.#source} is not the key that sealed the identity ${identity}: its mark is ${this.#mark()}, and the ` +
          `identity's is ${mark}. Give the key that seals it now: that of the other processes, and the new one if it was changed with rotate-key.`,
      );
    }
    const key = this.#decrypt(identity, Buffer.from(text, 'base64url'));
    if (key?.id !== identity) throw damaged(identity);
    return key;
  }

  /** Whether {@link open} would give the secret key. */
  opens(identity: EndpointId, sealed: string): boolean {
    const [, mark, text] = SEALED.exec(sealed) ?? [];
    if (mark !== this.#mark() || text === undefined) return false;
    return this.#decrypt(identity, Buffer.from(text, 'base64url'))?.id === identity;
  }

  /** Whether it is the same key. */
  equals(other: PlatformKey): boolean {
    return timingSafeEqual(this.#key, other.#key);
  }

  #decrypt(identity: EndpointId, sealed: Buffer): SecretKey | null {
    const decipher = createDecipheriv(CIPHER, this.#key, sealed.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(identity, 'hex')).setAuthTag(sealed.subarray(-TAG_BYTES));
    try {
      const seed = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
      return SecretKey.fromBytes(Buffer.concat([seed, decipher.final()]));
    } catch {
      return null;
    }
  }

  /** Tells keys apart, and says nothing of them: with it a wrong key and a damaged row are two errors. */
  #mark(): string {
    return createHmac('sha256', this.#key).update('mark of a platform key').digest('hex').slice(0, 8);
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unusable(`The key file ${path} cannot be read: ${codeOf(error)}.`);
  }
}

function unusable(message: string): NetDiagnosticsError {
  return new NetDiagnosticsError('ERR_SETTING', message);
}

function damaged(identity: EndpointId): NetDiagnosticsError {
  return new NetDiagnosticsError(
    'ERR_STORE',
    `The sealed key of the identity ${identity} is damaged: restore that row of the table identities from a backup.`,
  );
}
