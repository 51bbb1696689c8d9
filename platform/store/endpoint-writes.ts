import {
  type Attributes,
  type Authorisation,
  type EndpointAddress,
  type EndpointId,
  type EndpointRef,
  nameKey,
} from 'iroh-net-diagnostics/services';
import type { Transaction } from 'kysely';
import { writeShownGrant } from './grant-writes.js';
import type { Tables } from './schema.js';

/** What somebody says of an endpoint, or is seen of it. */
export type EndpointChange = Partial<{
  name: string;
  name_key: string;
  group_name: string;
  identity: string;
  is_online: number;
  last_seen_at: number;
  address: string;
  shared_identity_at: number;
}>;

/** Changes an endpoint that is known. */
export async function changeEndpoint(
  tables: Transaction<Tables>,
  { project, id }: EndpointRef,
  change: EndpointChange,
): Promise<void> {
  await tables
    .updateTable('endpoints')
    .set(change)
    .where('project', '=', project)
    .where('id', '=', id)
    .execute();
}

/** By what an endpoint was let in; from then on it is known. */
export async function writeAuthorisation(
  tables: Transaction<Tables>,
  { project, id }: EndpointRef,
  { issuer, expiresAt }: Authorisation,
  identity: EndpointId,
  at: number,
): Promise<void> {
  await tables
    .insertInto('endpoints')
    .values({
      ...{ project, id, identity, issuer, expires_at: expiresAt, first_seen_at: at, last_seen_at: at },
      ...{ name_key: nameKey(null), is_online: 0, report_count: 0, stored_bytes: 0 },
    })
    .onConflict((conflict) =>
      conflict.columns(['project', 'id']).doUpdateSet(({ ref }) => ({
        issuer: ref('excluded.issuer'),
        expires_at: ref('excluded.expires_at'),
        last_seen_at: ref('excluded.last_seen_at'),
      })),
    )
    .execute();
}

/** All attributes of an endpoint that is known: beside it, to be shown, and in a table of their own, to be looked for. */
export async function writeAttributes(
  tables: Transaction<Tables>,
  { project, id }: EndpointRef,
  attributes: Attributes,
): Promise<void> {
  const { numUpdatedRows } = await tables
    .updateTable('endpoints')
    .set({ attributes: JSON.stringify(attributes) })
    .where('project', '=', project)
    .where('id', '=', id)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return;
  await tables
    .deleteFrom('endpoint_attributes')
    .where('project', '=', project)
    .where('endpoint_id', '=', id)
    .execute();
  const rows = Object.entries(attributes).map(([key, value]) => ({
    project,
    endpoint_id: id,
    key,
    value,
  }));
  if (rows.length > 0) await tables.insertInto('endpoint_attributes').values(rows).execute();
}

/** An endpoint has a session. At another identity another of its grants is shown. */
export async function writeOnline(
  tables: Transaction<Tables>,
  ref: EndpointRef,
  identity: EndpointId,
  address: EndpointAddress | null,
  at: number,
): Promise<void> {
  const where = address === null ? {} : { address: JSON.stringify(address) };
  const change = { identity, is_online: 1, last_seen_at: at, ...where };
  const before = await tables
    .selectFrom('endpoints')
    .select('identity')
    .where('project', '=', ref.project)
    .where('id', '=', ref.id)
    .executeTakeFirst();
  await changeEndpoint(tables, ref, change);
  if (before !== undefined && before.identity !== identity) await writeShownGrant(tables, ref);
}

/** An endpoint's last session with that identity has ended. */
export async function writeOffline(
  tables: Transaction<Tables>,
  { project, id }: EndpointRef,
  identity: EndpointId,
  at: number,
): Promise<void> {
  await tables
    .updateTable('endpoints')
    .set({ is_online: 0, last_seen_at: at })
    .where('project', '=', project)
    .where('id', '=', id)
    .where('identity', '=', identity)
    .execute();
}
