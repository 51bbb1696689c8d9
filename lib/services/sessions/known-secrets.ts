import { type Clock, settledWithin } from '../../async/index.js';
import type { EndpointId } from '../../wire/index.js';
import { SECRET_LIFE_MS, SECRET_PATIENCE_MS, SECRET_RETRY_MS } from '../constants.js';
import type { ApiSecretRecord } from '../records.js';
import type { Store } from '../store.js';

/** Secrets that are remembered. More than are valid at the same time in most platforms; others are read each time. */
const MAX_KNOWN = 1_000;

interface Known {
  secret: ApiSecretRecord;
  /** Unix milliseconds: when it has to be read again. */
  until: number;
}

/**
 * API secrets as they were read lately: a request costs no read, and goes on while the database is away. A revocation calls
 * {@link forget}; where that call is lost, the secret ends with its short life here.
 */
export class KnownSecrets {
  readonly #store: Pick<Store, 'apiSecret'>;
  readonly #clock: Clock;
  readonly #known = new Map<EndpointId, Known>();
  /** Reads under way, which all who ask meanwhile share. */
  readonly #reading = new Map<EndpointId, Promise<ApiSecretRecord | null>>();

  constructor(store: Pick<Store, 'apiSecret'>, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * A secret, revoked or not; `null`: there never was one.
   * @throws `ERR_STORE` when the database is away and the secret is not known
   */
  async get(keyId: EndpointId): Promise<ApiSecretRecord | null> {
    const known = this.#known.get(keyId);
    const left = (known?.until ?? 0) - this.#clock.now();
    // A clock that was set back must not make it live for ever.
    if (known !== undefined && left > 0 && left <= SECRET_LIFE_MS) return known.secret;
    const reading = this.#reading.get(keyId) ?? this.#read(keyId);
    if (known === undefined) return reading;
    await settledWithin(SECRET_PATIENCE_MS, reading);
    const stale = this.#known.get(keyId);
    // Forgotten meanwhile.
    if (stale === undefined) return this.get(keyId);
    if (stale === known) {
      stale.until = this.#clock.now() + SECRET_RETRY_MS;
      // It may hang for ever: the next one begins anew.
      this.#reading.delete(keyId);
    }
    return stale.secret;
  }

  /** It was revoked: the next one who asks reads it anew. */
  forget(keyId: EndpointId): void {
    this.#known.delete(keyId);
    // A read that began before may still bring it as it was.
    this.#reading.delete(keyId);
  }

  #read(keyId: EndpointId): Promise<ApiSecretRecord | null> {
    const reading = this.#store.apiSecret(keyId).then((secret) => {
      if (secret !== null && this.#reading.get(keyId) === reading) this.#remember(secret);
      return secret;
    });
    this.#reading.set(keyId, reading);
    const done = () => {
      if (this.#reading.get(keyId) === reading) this.#reading.delete(keyId);
    };
    reading.then(done, done);
    return reading;
  }

  #remember(secret: ApiSecretRecord): void {
    this.#known.delete(secret.keyId);
    this.#known.set(secret.keyId, { secret, until: this.#clock.now() + SECRET_LIFE_MS });
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }
}
