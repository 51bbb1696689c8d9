import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiSecret } from '../../lib/wire/index.js';
import { KeyRing } from '../../platform/identities/key-ring.js';
import { runChild } from '../support/child.js';
import { freshDatabase } from '../support/postgres.js';
import { Databases, mayPostgres } from './identities/databases.js';
import { newPlatformKey } from './identities/processes.js';

const PROGRAM = `
import { run } from './platform/cli/run.js';
process.exitCode = await run(process.argv.slice(2));
`;
const RELAY = 'https://relay.test/';

const databases = new Databases();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secret-by-database-'));
});
afterEach(async () => {
  await databases.close();
  await rm(folder, { recursive: true });
});

describe.runIf(mayPostgres)('an API secret made by the command, for a shared database', () => {
  const make = (url: string, ...words: string[]) =>
    runChild(PROGRAM, {
      args: ['secret', '--data', join(folder, 'data'), '--label', 'x', ...words],
      env: { IROH_PLATFORM_DATABASE: url },
    });

  it('names an identity of it and the relays; without its key, and with nothing left in the data folder', async () => {
    const url = await freshDatabase();
    const database = await databases.postgres(url);
    const variables = { IROH_PLATFORM_KEY: newPlatformKey() };
    const places = { dataDir: folder, isShared: true, platformKeyFile: null, identities: 2, variables };
    await (await KeyRing.open(places)).register(database);
    const { code, stdout, stderr } = await make(url, '--relay', RELAY);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { platform, keyId } = ApiSecret.parse(stdout.trim().slice('IROH_SERVICES_API_SECRET='.length));
    expect(platform).toMatchObject({ relayUrls: [RELAY], directAddrs: [] });
    const rows = await database.tables.selectFrom('identities').select(['id', 'holder']).execute();
    expect(rows).toHaveLength(2);
    expect(rows).toContainEqual({ id: platform.id, holder: null });
    expect(await database.tables.selectFrom('api_secrets').select(['key_id', 'identity']).execute()).toEqual([
      { key_id: keyId, identity: platform.id },
    ]);
    expect(existsSync(join(folder, 'data'))).toBe(false);
    const audit = await database.tables.selectFrom('audit').selectAll().execute();
    expect(audit).toEqual([
      expect.objectContaining({
        ...{ actor_kind: 'local', actor_name: 'the command line', action: 'secret.made' },
        ...{ project: 'default', target: keyId, detail: '{"label":"x"}' },
      }),
    ]);
  });

  it('is refused without a relay, and before there is an identity', async () => {
    const url = await freshDatabase();
    expect(await make(url)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/--relay/) });
    expect(await make(url, '--relay', RELAY)).toMatchObject({
      ...{ code: 1, stdout: '' },
      stderr: expect.stringMatching(/no identity yet: start the platform/),
    });
  });
});
