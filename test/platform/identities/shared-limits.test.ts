import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { Connection } from '../../../lib/transport/index.js';
import { Platform } from '../../../platform/index.js';
import { until } from '../../support/fake-time.js';
import { freshDatabase, postgresAvailable } from '../../support/postgres.js';
import { openSession, Stage } from '../stage.js';

const stage = new Stage();
afterEach(() => stage.close());

it.runIf(postgresAvailable())(
  'a process with two identities takes as many sessions as one with one',
  async () => {
    const dataDir = await stage.folder();
    const platformKeyFile = join(dataDir, 'key');
    await writeFile(platformKeyFile, randomBytes(32).toString('base64'), { mode: 0o600 });
    await using platform = await Platform.start({
      ...{ dataDir, platformKeyFile, database: await freshDatabase(), identities: 2 },
      ...{ dashboard: false, limits: { sessions: 3 } },
    });
    const refused: string[] = [];
    platform.subscribe((event) => event.type === 'session-refused' && refused.push(event.why));
    await until(() => platform.held.length === 2, 20_000);
    const secret = await platform.createApiSecret();
    const open = async (of: typeof secret) =>
      openSession(await stage.endpoint(), { address: of.platform }, of);
    const sessions: Connection[] = [];
    for (let count = 0; count < 3; count += 1) sessions.push(await open(secret));
    const other = await platform.createApiSecret();
    expect(other.platform.id).not.toBe(secret.platform.id);
    await open(other);
    await until(() => sessions.some(({ closeReason }) => closeReason !== null));
    expect(sessions.map(({ closeReason }) => closeReason === null)).toEqual([false, true, true]);
    expect(refused).toEqual([expect.stringContaining('its API secret has the most sessions')]);
  },
);
