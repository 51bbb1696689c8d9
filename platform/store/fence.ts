import { type EndpointId, NetDiagnosticsError } from 'iroh-net-diagnostics/services';
import type { Transaction } from 'kysely';
import { keepingKeys } from './dialect.js';
import type { Tables } from './schema.js';
import type { Dialect } from './sql-database.js';

/** An identity in the hands of one process. */
export interface Lease {
  identity: EndpointId;
  /** Grows each time that the identity is taken or given back. */
  token: number;
  /**
   * The process, as it stands in the row. Where a database comes back without its last seconds (a backup, a replica that was
   * behind), a token may be given twice; never to the same name.
   */
  holder: string;
}

/**
 * The first part of every transaction that writes in an identity's name. While the transaction lasts nobody can take the
 * identity, so what it writes was written by the holder, also when the process is stopped before the commit: then the
 * database ends the transaction after a while, with nothing written.
 * @throws NetDiagnosticsError `ERR_STORE` when the lease is lost: nothing more may be written under it
 */
export async function fence(
  dialect: Dialect,
  transaction: Transaction<Tables>,
  { identity, token, holder }: Lease,
): Promise<void> {
  const row = transaction
    .selectFrom('identities')
    .select('token')
    .where('id', '=', identity)
    .where('token', '=', token)
    .where('holder', '=', holder);
  if ((await keepingKeys(dialect, row).executeTakeFirst()) !== undefined) return;
  throw new NetDiagnosticsError(
    'ERR_STORE',
    `lease lost: the identity ${identity} is no longer this process's, so nothing more is written in its name.`,
  );
}
