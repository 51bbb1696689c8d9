import type { Kysely } from 'kysely';
import type { Tables } from './schema.js';

/** A database that the store asks, whichever it is. */
export interface SqlDatabase {
  /** All questions reject with `ERR_STORE`, also after {@link close}. */
  readonly tables: Kysely<Tables>;
  /** Waits for what was asked before. Idempotent. */
  close(): Promise<void>;
}
