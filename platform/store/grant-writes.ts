import { type GrantRecord, permitsDialBack, shownGrant } from 'iroh-net-diagnostics/services';
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
  const rows = await tables
    .selectFrom('grants')
    .selectAll()
    .where('project', '=', project)
    .where('endpoint_id', '=', endpointId)
    .execute();
  const shown = shownGrant(rows.map(toGrant)) ?? grant;
  await tables
    .updateTable('endpoints')
    .set({
      grant_caps: shown.caps.join(' '),
      grant_expires_at: shown.expiresAt,
      granted_at: shown.grantedAt,
      can_dial_back: Number(permitsDialBack(shown)),
    })
    .where('project', '=', project)
    .where('id', '=', endpointId)
    .execute();
}
