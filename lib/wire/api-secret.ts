import { API_SECRET_ENV_VAR_NAME, apiSecretText, malformedSecret } from './api-secret-text.js';
import { decodeBase32, encodeBase32 } from './base32.js';
import { Caps } from './capability.js';
import {
  type CustomAddrForm,
  type EndpointAddress,
  readEndpointAddress,
  writeEndpointAddress,
} from './endpoint-address.js';
import { type EndpointId, KEY_SIZE, shortId } from './endpoint-id.js';
import { decodeWhole } from './postcard-reader.js';
import { PostcardWriter } from './postcard-writer.js';
import { SecretKey } from './secret-key.js';
import { Token } from './token.js';
import { WireError } from './wire-error.js';

const PREFIX = 'services';
const VERSION = 0;

/**
 * The credential of a project: a key that signs tokens, and the address of the platform. `toString`, JSON and
 * `util.inspect` show only the public half of the key; only {@link ApiSecret.reveal} returns the secret.
 */
export class ApiSecret {
  readonly #key: SecretKey;
  readonly #platform: EndpointAddress;
  readonly #text: string;
  /** The capabilities that a token signed by this key must have to open a session. */
  readonly clientCaps: Caps;

  private constructor(
    key: SecretKey,
    platform: EndpointAddress,
    text: string,
    clientCaps = Caps.of('client'),
  ) {
    this.#key = key;
    this.clientCaps = clientCaps;
    this.#platform = platform;
    this.#text = text;
  }

  /**
   * Parses the text form `services…`, with nothing around it. {@link ApiSecret.read} is less strict.
   * @throws NetDiagnosticsError `ERR_API_SECRET`, which never repeats the text
   */
  static parse(text: string): ApiSecret {
    if (!text.startsWith(PREFIX)) throw malformedSecret(`it does not begin with "${PREFIX}".`);
    const bytes = decodeBase32(text.slice(PREFIX.length));
    if (bytes === null)
      throw malformedSecret('what follows the prefix is not base32 (white space? cut off?).');
    const { key, platform } = decodeBody(bytes);
    // Made from the bytes, so that it is in lower case and keeps the custom addresses that this program skips.
    return new ApiSecret(key, platform, PREFIX + encodeBase32(bytes));
  }

  /**
   * Reads it from a text as people and programs give it: quoted, with white space or a comment around it, or as a line of
   * an env file.
   * @returns `null` when there is none
   * @throws NetDiagnosticsError `ERR_API_SECRET`, which never repeats the text
   */
  static read(text: string): ApiSecret | null {
    const bare = apiSecretText(text);
    return bare === '' ? null : ApiSecret.parse(bare);
  }

  /**
   * Reads it from {@link API_SECRET_ENV_VAR_NAME} as {@link ApiSecret.read} does; undefined when the variable is not set or empty.
   * @throws NetDiagnosticsError `ERR_API_SECRET` when it is set and malformed
   */
  static fromEnv(env: NodeJS.ProcessEnv): ApiSecret | undefined {
    return ApiSecret.read(env[API_SECRET_ENV_VAR_NAME] ?? '') ?? undefined;
  }

  /** A new secret for the platform at `platform`. Throws `ERR_WIRE_ENCODE` when an address is malformed. */
  static create(key: SecretKey, platform: EndpointAddress): ApiSecret {
    const writer = new PostcardWriter().variant(VERSION).byteString(key.toBytes(), 'secretKey');
    writeEndpointAddress(writer, platform);
    return ApiSecret.parse(PREFIX + encodeBase32(writer.finish()));
  }

  /**
   * The secret for an SSH key that the project has registered. As with the official client, its sessions may do everything
   * in the project.
   */
  static fromSshKey(key: SecretKey, platform: EndpointAddress): ApiSecret {
    const secret = ApiSecret.create(key, platform);
    return new ApiSecret(key, secret.platform, secret.reveal(), Caps.of('all'));
  }

  /** The address of the platform (a copy). */
  get platform(): EndpointAddress {
    return structuredClone(this.#platform);
  }

  /** The public half of the key. It identifies the secret, and is safe to show. */
  get keyId(): EndpointId {
    return this.#key.id;
  }

  /** The text form, in lower case. Never log it: anyone who has it can use the whole project. */
  reveal(): string {
    return this.#text;
  }

  /**
   * A token signed by this secret's key.
   * @param expiresAt - unix seconds of the last second in which it is valid
   */
  issueToken(audience: EndpointId, caps: Caps, expiresAt: number): Token {
    return Token.issue({ issuer: this.#key, audience, caps, expiresAt });
  }

  /** Shows the short id of the key. */
  toString(): string {
    return `ApiSecret(of ${shortId(this.keyId)})`;
  }

  /** As {@link toString}. */
  toJSON(): string {
    return this.toString();
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

interface Body {
  key: SecretKey;
  platform: EndpointAddress;
}

function decodeBody(bytes: Uint8Array): Body {
  try {
    return decodeBodyAs(bytes, 'enum');
  } catch (enumError) {
    try {
      return decodeBodyAs(bytes, 'bytes');
    } catch {
      // The two forms differ only in custom addresses; without one both fail with the same error, so the first is thrown.
      throw enumError instanceof WireError ? malformedSecret(enumError.message) : enumError;
    }
  }
}

function decodeBodyAs(bytes: Uint8Array, form: CustomAddrForm): Body {
  return decodeWhole(bytes, (reader) => {
    const version = reader.variant('version');
    if (version !== VERSION) reader.fail('version', `version ${version} is not known`, 0);
    const key = SecretKey.fromBytes(reader.sizedRaw('secretKey', KEY_SIZE));
    return { key, platform: reader.within('platform', () => readEndpointAddress(reader, form)) };
  });
}
