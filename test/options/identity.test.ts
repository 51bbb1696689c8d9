import {
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
import { ephemeralKey, keyFromFile } from '../../lib/identity.js';
import { SecretKey } from '../../lib/wire/index.js';
import { runChild } from '../support/child.js';

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
      import { keyFromFile } from './lib/identity.js';
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

  it('that cannot be made says so with the system’s code', async () => {
    await expect(keyFromFile(join(folder, 'no', 'such', 'folder'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(keyFromFile(folder)).rejects.toMatchObject({ code: 'EISDIR' });
  });

  it('behind a dangling link is not made elsewhere', async () => {
    symlinkSync(join(folder, 'elsewhere'), path);
    await expect(keyFromFile(path)).rejects.toMatchObject({ code: 'ERR_SETTING' });
    expect(readdirSync(folder)).toEqual(['id.key']);
  });
});
