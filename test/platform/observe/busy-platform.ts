import type { Endpoint } from '../../../lib/transport/index.js';
import type { Platform } from '../../../platform/index.js';
import { bearer, originOf } from '../../support/dashboard-door.js';
import { until } from '../../support/fake-time.js';
import { grantToken, openSession, type Stage, sampleReport, tell } from '../stage.js';

/** A platform whose endpoint was dialled back, and that refused another one; pages were asked for. */
export async function busyPlatform(stage: Stage): Promise<Platform> {
  const platform = await stage.platform({
    dataDir: await stage.folder(),
    dashboard: { fleetMetrics: true },
  });
  const secret = await platform.createApiSecret('one');
  const endpoint: Endpoint = await stage.clientHost({
    onRun: async () => ({ ok: true, value: sampleReport(endpoint.id) }),
  });
  const session = await openSession(endpoint, platform, secret);
  await tell(session, { type: 'grant-cap', token: grantToken(endpoint, platform) });
  await platform.dialBack(endpoint.id);
  // A grant of somebody else.
  await tell(session, { type: 'grant-cap', token: grantToken(await stage.endpoint(), platform) });
  // One that has no valid token.
  const other = await platform.createApiSecret('two');
  await platform.revokeApiSecret(other.keyId);
  await openSession(await stage.endpoint(), platform, other).catch(() => {});
  await until(() => stage.events.some(({ type }) => type === 'session-refused'), 5_000);
  const origin = originOf(platform);
  for (const path of ['/', '/readyz', '/nothing', '/api/../nothing'])
    await fetch(origin + path, { headers: bearer() });
  await fetch(`${origin}/livez`, { method: 'POST', headers: bearer() });
  await fetch(origin);
  return platform;
}
