import type { Clock } from 'iroh-net-diagnostics/services';
import type { ChangeFeed } from '../changes/index.js';
import type { SqlStore } from '../store/sql-store.js';
import type { Write } from '../store/write-queue.js';
import type { AuditLog } from './audit.js';

/** What everything about people stands on. */
export interface PeopleDeps {
  store: SqlStore;
  feed: ChangeFeed;
  clock: Clock;
  audit: AuditLog;
}

/** The tables in a transaction. */
export type Tables = Parameters<Write>[0];

/** A clock may have been wrong when something was written: what is more than this in the future is not believed. */
export const SKEW_MS = 10 * 60_000;

/** Where a request comes from. */
export interface From {
  address: string | null;
  /** Its header `user-agent`. */
  agent: string;
}
