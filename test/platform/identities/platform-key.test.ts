import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { SecretKey } from '../../../lib/wire/index.js';
import { PlatformKey } from '../../../platform/identities/platform-key.js';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

const BYTES = randomBytes(32);
const key = PlatformKey.parse(BYTES.toString('hex'), 'IROH_PLATFORM_KEY');
const identity = () => SecretKey.fromBytes(randomBytes(32));

describe('a sealed key', () => {
  it('opens again', () => {
    const secret = identity();
    expect(key.open(secret.id, key.seal(secret)).toBytes()).toEqual(secret.toBytes());
  });

  it('is another text each time, and holds nothing of the key', () => {
    const secret = identity();
    const [one, two] = [key.seal(secret), key.seal(secret)];
    expect(one).not.toBe(two);
    const bytes = Buffer.from(one.split('.')[2] ?? '', 'base64url');
    expect(bytes).toHaveLength(12 + 32 + 16);
    expect(bytes.includes(Buffer.from(secret.toBytes()).subarray(0, 4))).toBe(false);
  });

  it('does not open for another identity: a row cannot be given the key of another', () => {
    const [one, two] = [identity(), identity()];
    expect(() => key.open(two.id, key.seal(one))).toThrow(
      expect.objectContaining({ code: 'ERR_STORE', message: expect.stringContaining(two.id) }),
    );
  });

  it('does not open when any character of it was changed, and says whose it is', () => {
    const secret = identity();
    const sealed = key.seal(secret);
    for (let at = sealed.lastIndexOf('.') + 1; at < sealed.length; at += 1) {
      const other = sealed[at] === 'A' ? 'B' : 'A';
      const changed = sealed.slice(0, at) + other + sealed.slice(at + 1);
      expect(() => key.open(secret.id, changed), `${at}`).toThrow(
        expect.objectContaining({ code: 'ERR_STORE' }),
      );
    }
    for (const text of ['', '1', sealed.slice(0, -1), `${sealed}A`, sealed.replace('1.', '2.')]) {
      expect(() => key.open(secret.id, text), text).toThrow(expect.objectContaining({ code: 'ERR_STORE' }));
    }
  });

  it('sealed with another key is ERR_SETTING, which names where the key came from and never the key', () => {
    const secret = identity();
    const other = PlatformKey.parse(randomBytes(32).toString('base64'), 'IROH_PLATFORM_KEY');
    let message = '';
    try {
      other.open(secret.id, key.seal(secret));
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_SETTING' });
      message = inspect(error);
    }
    expect(message).toMatch(/IROH_PLATFORM_KEY is not the key that sealed the identity/);
    for (const form of ['hex', 'base64', 'base64url'] as const)
      expect(message).not.toContain(BYTES.toString(form));
  });
});

describe('the key that seals', () => {
  it('is read from hex and from base64, with a line break behind it or not', () => {
    const secret = identity();
    const sealed = key.seal(secret);
    for (const text of [
      BYTES.toString('hex').toUpperCase(),
      BYTES.toString('base64'),
      BYTES.toString('base64url'),
      `${BYTES.toString('base64')}\n`,
    ]) {
      expect(PlatformKey.parse(text, 'x').open(secret.id, sealed).id).toBe(secret.id);
    }
  });

  it.each([
    '',
    'secret-passphrase',
    'a'.repeat(63),
    'a'.repeat(65),
    randomBytes(31).toString('base64'),
    randomBytes(33).toString('base64'),
  ])('is nothing else: %j', (text) => {
    const parse = () => PlatformKey.parse(text, 'IROH_PLATFORM_KEY');
    expect(parse).toThrow(expect.objectContaining({ code: 'ERR_SETTING' }));
    if (text !== '') expect(parse).not.toThrow(text);
  });

  it('is not shown when it is printed', () => {
    expect(inspect(key, { depth: 9, showHidden: true })).not.toContain(BYTES.toString('hex').slice(0, 8));
    expect(JSON.stringify(key)).toBe('{}');
  });

  it('comes from a file where one is named, else from the variable, else a start says how to make one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'platform-key-'));
    folders.push(folder);
    const file = join(folder, 'key');
    await writeFile(file, `${BYTES.toString('base64')}\n`);
    const secret = identity();
    const sealed = key.seal(secret);
    const wrong = { IROH_PLATFORM_KEY: randomBytes(32).toString('hex') };
    expect((await PlatformKey.load(file, wrong)).open(secret.id, sealed).id).toBe(secret.id);
    const right = { IROH_PLATFORM_KEY: BYTES.toString('hex') };
    expect((await PlatformKey.load(null, right)).open(secret.id, sealed).id).toBe(secret.id);
    await expect(PlatformKey.load(null, {})).rejects.toMatchObject({
      code: 'ERR_SETTING',
      message: expect.stringContaining('openssl rand -base64 32'),
    });
    await expect(PlatformKey.load(join(folder, 'none'), right)).rejects.toMatchObject({
      code: 'ERR_SETTING',
      message: expect.stringContaining('ENOENT'),
    });
    await writeFile(file, 'something else');
    await expect(PlatformKey.load(file, right)).rejects.toMatchObject({
      message: expect.stringMatching(/key file .*key is not 32 bytes/),
    });
  });
});
