import {
  type EndpointRef,
  type GrantRecord,
  permitsDialBack,
  shownGrant,
} from 'iroh-net-diagnostics/services';
import type { Transaction } from 'kysely';
import { toGrant } from './rows.js';
import type { Tables } from './schema.js';

/** Replaces the grant of the same capabilities, and keeps beside the endpoint which of its grants is shown. */
export async function writeGrant(tables: Transaction<Tables>, grant: GrantRecord): Promise<void> {
  const { project, endpointId, identity, caps, token, expiresAt, grantedAt } = grant;
  await tables
    .insertInto('grants')
    .values({
      project,
      endpoint_id: endpointId,
      identity,
      caps: caps.join(' '),
      token: Buffer.from(token).toString('hex'),
      expires_at: expiresAt,
      granted_at: grantedAt,
    })
    .onConflict((conflict) =>
      conflict.columns(['project', 'endpoint_id', 'identity', 'caps']).doUpdateSet(({ ref }) => ({
        token: ref('excluded.token'),
        expires_at: ref('excluded.expires_at'),
        granted_at: ref('excluded.granted_at'),
      })),
    )
    .execute();
  await writeShownGrant(tables, { project, id: endpointId });
}

/** Of the grants for the identity that the endpoint has its session with: no other can use one that is not its own. */
export async function writeShownGrant(
  tables: Transaction<Tables>,
  { project, id }: EndpointRef,
): Promise<void> {
  const rows = await tables
    .selectFrom('grants')
    .innerJoin('endpoints', (join) =>
      join
        .onRef('endpoints.project', '=', 'grants.project')
        .onRef('endpoints.id', '=', 'grants.endpoint_id')
        .onRef('endpoints.identity', '=', 'grants.identity'),
    )
    .selectAll('grants')
    .where('grants.project', '=', project)
    .where('grants.endpoint_id', '=', id)
    .execute();
  const shown = shownGrant(rows.map(toGrant));
  await tables
    .updateTable('endpoints')
    .set({
      grant_caps: shown?.caps.join(' ') ?? null,
      grant_expires_at: shown?.expiresAt ?? null,
      granted_at: shown?.grantedAt ?? null,
      can_dial_back: Number(shown !== null && permitsDialBack(shown)),
    })
    .where('project', '=', project)
    .where('id', '=', id)
    .execute();
}
