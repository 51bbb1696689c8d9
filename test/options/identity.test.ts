import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ephemeralKey, keyFromFile } from '../../lib/options/key-file.js';
import { SecretKey } from '../../lib/wire/index.js';
import { type ChildOptions, runChild } from '../support/child.js';
import { entersMounts, readOnly } from '../support/read-only.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'identity-'));
  path = join(folder, 'id.key');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('an identity without a file', () => {
  it('is a new one each time, made of the given randomness', () => {
    expect(ephemeralKey().id).not.toBe(ephemeralKey().id);
    const seed = new Uint8Array(32).fill(3);
    expect(ephemeralKey(() => seed).id).toBe(SecretKey.fromBytes(seed).id);
  });
});

describe('a key file', () => {
  it('is made once, readable by its owner alone, and nothing else is left behind', async () => {
    const made = await keyFromFile(path);
    expect(made).toMatchObject({ isNew: true, warning: null });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['id.key']);
    const read = await keyFromFile(path);
    expect(read).toMatchObject({ isNew: false, warning: null });
    expect(read.secretKey.id).toBe(made.secretKey.id);
  });

  it('may hold hex or base32, with white space around it', async () => {
    const key = ephemeralKey();
    writeFileSync(path, `  ${Buffer.from(key.toBytes()).toString('hex').toUpperCase()}\r\n`, { mode: 0o600 });
    expect((await keyFromFile(path)).secretKey.id).toBe(key.id);
  });

  it('is one for all who start at once', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => keyFromFile(path)));
    expect(new Set(made.map(({ secretKey }) => secretKey.id)).size).toBe(1);
    expect(made.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(readdirSync(folder)).toEqual(['id.key']);
  });

  it('is one for several processes', async () => {
    const program = `
      import { keyFromFile } from './lib/options/key-file.js';
      console.log((await keyFromFile(process.env.KEY_FILE)).secretKey.id);`;
    const ended = await Promise.all([1, 2, 3].map(() => runChild(program, { env: { KEY_FILE: path } })));
    expect(new Set(ended.map(({ stdout }) => stdout.trim())).size).toBe(1);
    expect(ended[0]?.stdout).toMatch(/^[0-9a-f]{64}\n$/);
  });

  it.runIf(process.platform !== 'win32')('that others may read is used, with a warning', async () => {
    const { secretKey } = await keyFromFile(path);
    const open = join(folder, 'open.key');
    writeFileSync(open, readFileSync(path), { mode: 0o644 });
    const identity = await keyFromFile(open);
    expect(identity.secretKey.id).toBe(secretKey.id);
    expect(identity.warning).toMatch(/open\.key has mode 0644: .*chmod 600/);
  });

  it.each(['', 'todo', 'ab'.repeat(33)])(
    'that holds no key (%j) is named, its content is not shown',
    async (text) => {
      writeFileSync(path, text);
      const error = await keyFromFile(path).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'ERR_SETTING' });
      expect(inspect(error)).toContain(path);
      if (text !== '') expect(inspect(error, { depth: 9 })).not.toContain(text);
      expect(readFileSync(path, 'utf8')).toBe(text);
    },
  );

  it.runIf(process.platform !== 'win32')('makes its folder, for its owner alone', async () => {
    const made = join(folder, 'my-app');
    const { secretKey } = await keyFromFile(join(made, 'id.key'));
    expect(statSync(made).mode & 0o777).toBe(0o700);
    expect((await keyFromFile(join(made, 'id.key'))).secretKey.id).toBe(secretKey.id);
    // All at once, as processes of a cluster start.
    const raced = await Promise.all([1, 2, 3].map(() => keyFromFile(join(folder, 'raced', 'id.key'))));
    expect(new Set(raced.map((identity) => identity.secretKey.id)).size).toBe(1);
  });

  it('does not make what is above its folder: more likely the path is wrong, or a mount is missing', async () => {
    const far = join(folder, 'no', 'such', 'id.key');
    await expect(keyFromFile(far)).rejects.toThrow(
      `The folder of the key file ${far} is not there, and cannot be made where it should be (ENOENT). Make it, mount it, or correct the path.`,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that is a folder says who may have made it', async () => {
    await expect(keyFromFile(folder)).rejects.toThrow(/is a folder.*Docker/);
  });

  it('behind a dangling link is not made elsewhere', async () => {
    symlinkSync(join(folder, 'elsewhere'), path);
    await expect(keyFromFile(path)).rejects.toMatchObject({ code: 'ERR_SETTING' });
    expect(readdirSync(folder)).toEqual(['id.key']);
  });
});

/** What the child says of the key file. */
async function tell(options: ChildOptions): Promise<string> {
  const program = `
    import { keyFromFile } from './lib/options/key-file.js';
    if (process.env.AS_NOBODY) {
      process.setgroups([]);
      process.setgid(65534);
      process.setuid(65534);
    }
    const told = await keyFromFile(process.env.KEY_FILE).then((found) => found.warning ?? 'fine', (error) => error.message);
    console.log(told);`;
  const env = { KEY_FILE: path, ...options.env };
  return (await runChild(program, { ...options, env })).stdout.trim();
}

describe.skipIf(!entersMounts())('a key file on a read-only mount', () => {
  it('is used, and no advice is given that cannot be followed', async () => {
    await keyFromFile(path);
    expect(await tell({ enter: readOnly(folder) })).toBe('fine');
    chmodSync(path, 0o444);
    const told = await tell({ enter: readOnly(folder) });
    expect(told).toMatch(/id\.key has mode 0444: others on this machine may read it\./);
    expect(told).toMatch(/defaultMode/);
    expect(told).not.toMatch(/chmod/);
  });

  it('that is not there says that none can be made', async () => {
    expect(await tell({ enter: readOnly(folder) })).toBe(
      `There is no key file ${path}, and none can be made (EROFS). Mount one, or a folder that this process may write.`,
    );
  });
});

describe.skipIf(!entersMounts())("another owner's key file", () => {
  const asNobody = { env: { AS_NOBODY: 'yes' } };

  it('that its group may read is fine: that is how it is read', async () => {
    await keyFromFile(path);
    chmodSync(folder, 0o755);
    chownSync(path, 0, 65534);
    chmodSync(path, 0o440);
    expect(await tell(asNobody)).toBe('fine');
    chmodSync(path, 0o444);
    expect(await tell(asNobody)).not.toMatch(/chmod/);
  });

  it('that may not be read says so', async () => {
    await keyFromFile(path);
    chmodSync(folder, 0o755);
    expect(await tell(asNobody)).toBe(
      `The key file ${path} may not be read by this process (EACCES): give it the right to.`,
    );
  });
});
