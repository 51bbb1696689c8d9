import { chmod, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openIdentity } from '../../platform/identities/index.js';
import { Platform } from '../../platform/index.js';
import { Stage } from './stage.js';

const stage = new Stage();
afterEach(() => stage.close());

const isPosix = process.getuid !== undefined;
const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe.runIf(isPosix)("the platform's data folder", () => {
  it('holds nothing that another user can read, also what SQLite makes', async () => {
    const dataDir = join(await stage.folder(), 'data');
    const platform = await stage.platform({ dataDir });
    await platform.createApiSecret();
    const modes = await Promise.all(
      (await readdir(dataDir)).map(async (name) => [name, await modeOf(join(dataDir, name))] as const),
    );
    expect(Object.fromEntries(modes)).toMatchObject({ 'secret.key': 0o600, 'platform.db': 0o600 });
    expect(modes.filter(([, mode]) => mode !== 0o600)).toEqual([]);
    expect(await modeOf(dataDir)).toBe(0o700);
  });

  it('of an earlier version is closed to others', async () => {
    const dataDir = await stage.folder();
    await writeFile(join(dataDir, 'platform.db'), '', { mode: 0o644 });
    await chmod(dataDir, 0o755);
    await stage.platform({ dataDir });
    expect(await modeOf(join(dataDir, 'platform.db'))).toBe(0o600);
  });

  it('is not used when others may put a key into it', async () => {
    const dataDir = await stage.folder();
    for (const mode of [0o777, 0o770]) {
      await chmod(dataDir, mode);
      await expect(openIdentity(dataDir)).rejects.toMatchObject({
        code: 'ERR_SETTING',
        message: expect.stringContaining('chmod 700'),
      });
    }
    expect(await readdir(dataDir)).toEqual([]);
  });

  it("is not used when it, or a key planted in it, is another user's", async () => {
    const dataDir = await stage.folder();
    await openIdentity(dataDir);
    const somebodyElse = (process.getuid?.() ?? 0) + 1;
    await expect(openIdentity(dataDir, somebodyElse)).rejects.toMatchObject({
      code: 'ERR_SETTING',
      message: expect.stringMatching(/belongs to user \d+/),
    });
  });

  it('is not used when its key or its store is a link to elsewhere', async () => {
    for (const name of ['secret.key', 'platform.db']) {
      const folder = await stage.folder();
      const planted = join(folder, 'planted');
      await writeFile(planted, `${'ab'.repeat(32)}\n`, { mode: 0o600 });
      const dataDir = join(folder, 'data');
      await mkdir(dataDir, { mode: 0o700 });
      await symlink(planted, join(dataDir, name));
      await expect(Platform.start({ dataDir, dashboard: false }), name).rejects.toMatchObject({
        code: 'ERR_SETTING',
        message: expect.stringContaining('is a link'),
      });
    }
  });
});
