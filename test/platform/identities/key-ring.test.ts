import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { IdentityTable } from '../../../platform/identities/identity-table.js';
import { KeyRing } from '../../../platform/identities/key-ring.js';
import { freshDatabase } from '../../support/postgres.js';
import { Databases, mayPostgres, newIdentity } from './databases.js';
import { newPlatformKey } from './processes.js';

const databases = new Databases();
const folders: string[] = [];
afterEach(async () => {
  await databases.close();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'key-ring-'));
  folders.push(made);
  return made;
}

const sealed = (platformKey: string, dataDir: string, identities = 1) =>
  KeyRing.open({
    ...{ dataDir, isShared: true, platformKeyFile: null, identities },
    variables: { IROH_PLATFORM_KEY: platformKey },
  });

describe('the keys of a process', () => {
  it('alone is the one of its data folder, which no table has', async () => {
    const dataDir = await folder();
    const database = await databases.make('sqlite');
    const places = { dataDir, isShared: false, platformKeyFile: null, identities: 3, variables: {} };
    const keys = await KeyRing.open(places);
    await keys.register(database);
    await (await KeyRing.open(places)).register(database);
    const rows = await new IdentityTable(database).list();
    expect(rows).toEqual([expect.objectContaining({ id: keys.own?.id, sealedKey: null })]);
    expect(keys.keyOf({ id: rows[0]?.id ?? newIdentity().id, sealedKey: null }).id).toBe(keys.own?.id);
  });

  it('does not serve the identity of another data folder, and says why', async () => {
    const places = { isShared: true, platformKeyFile: null, identities: 1, variables: {} };
    const keys = await KeyRing.open({ ...places, dataDir: await folder() });
    const { id } = newIdentity();
    expect(() => keys.keyOf({ id, sealedKey: null })).toThrow(/data folder of another process/);
    expect(() => keys.keyOf({ id, sealedKey: 'x' })).toThrow(/set IROH_PLATFORM_KEY/);
  });

  describe.skipIf(!mayPostgres)('of several', () => {
    it('are made once, however many start together, and each can serve all of them', async () => {
      const [url, platformKey, dataDir] = [await freshDatabase(), newPlatformKey(), await folder()];
      const rings = await Promise.all([1, 2, 3, 4].map(() => sealed(platformKey, dataDir, 3)));
      const theirs = await Promise.all(rings.map(() => databases.postgres(url)));
      await Promise.all(rings.map((ring, at) => ring.register(theirs[at] as (typeof theirs)[number])));
      const rows = await new IdentityTable(await databases.postgres(url)).list();
      expect(rows).toHaveLength(3);
      for (const ring of rings)
        expect(rows.map((row) => ring.keyOf(row).id)).toEqual(rows.map(({ id }) => id));
      expect(await readdir(dataDir)).toEqual([]);
    });

    it('a process with another key does not start, and says which key it has and which it needs', async () => {
      const database = await databases.make('postgres');
      const dataDir = await folder();
      await (await sealed(newPlatformKey(), dataDir)).register(database);
      const wrong = newPlatformKey();
      const starting = (await sealed(wrong, dataDir)).register(database);
      await expect(starting).rejects.toMatchObject({
        code: 'ERR_SETTING',
        message: expect.stringMatching(/^IROH_PLATFORM_KEY is not the key that sealed the identity/),
      });
      await expect(starting).rejects.not.toThrow(wrong);
      expect(await new IdentityTable(database).list()).toHaveLength(1);
    });

    it('a process without the key does not start beside sealed ones, and leaves no key of its own', async () => {
      const database = await databases.make('postgres');
      await (await sealed(newPlatformKey(), await folder())).register(database);
      const dataDir = await folder();
      const places = { dataDir, isShared: true, platformKeyFile: null, identities: 1, variables: {} };
      const starting = (await KeyRing.open(places)).register(database);
      await expect(starting).rejects.toThrow(/lie sealed in the database: set IROH_PLATFORM_KEY/);
      expect(await readdir(dataDir)).toEqual([]);
      expect(await new IdentityTable(database).list()).toHaveLength(1);
    });

    it('a process whose key opens some of them starts with those', async () => {
      const database = await databases.make('postgres');
      const [dataDir, platformKey] = [await folder(), newPlatformKey()];
      const ring = await sealed(platformKey, dataDir, 2);
      await ring.register(database);
      const [row] = await new IdentityTable(database).list();
      await database.tables
        .updateTable('identities')
        .set({ sealed_key: 'damaged' })
        .where('id', '=', row?.id ?? '')
        .execute();
      await (await sealed(platformKey, dataDir)).register(database);
    });
  });
});
