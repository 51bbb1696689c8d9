import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { grantExpiry, MemoryRevocationStore, Revocation, revocationMark } from '../../lib/host/revocation.js';
import { FileRevocationStore } from '../../lib/host/revocation-file.js';
import { TOKEN_LIFETIME_SECONDS as LIFE } from '../../lib/wire/index.js';
import { FakeTime } from '../support/fake-time.js';

const NOW = 1_800_000_000;
const DAY_MS = 86_400_000;

describe('the expiry of grants and the mark', () => {
  it.each<[string, number | null, number]>([
    ['nothing revoked', null, NOW + LIFE],
    ['a mark long ago', NOW - 5, NOW + LIFE],
    ['a mark just below', NOW + LIFE - 1, NOW + LIFE],
    ['a mark at the usual expiry', NOW + LIFE, NOW + LIFE + 1],
    ['a mark beyond it', NOW + LIFE + 100, NOW + LIFE + 101],
  ])('a grant expires later than the mark: %s', (_, mark, wanted) => {
    expect(grantExpiry(NOW, mark)).toBe(wanted);
  });

  it.each<[string, number | null, number, number]>([
    ['no grant known: one of an earlier process may be out', null, 0, NOW + LIFE],
    ['a newer grant, made before the clock was set back', null, NOW + LIFE + 500, NOW + LIFE + 500],
    ['a grant that an earlier mark pushed up', NOW + LIFE, NOW + LIFE + 1, NOW + LIFE + 1],
  ])('the mark covers every grant that may be out: %s', (_, mark, newest, wanted) => {
    expect(revocationMark(NOW, mark, newest)).toBe(wanted);
  });
});

describe('Revocation', () => {
  it('covers what was granted before and not what is granted after, again and again', async () => {
    const time = new FakeTime();
    const revocation = await Revocation.load(new MemoryRevocationStore(), { clock: time });
    expect(revocation.revokedUntil).toBeNull();
    for (let round = 0; round < 3; round += 1) {
      const before = revocation.nextGrantExpiry();
      await revocation.revoke();
      expect(revocation.revokedUntil).toBeGreaterThanOrEqual(before);
      expect(revocation.nextGrantExpiry()).toBeGreaterThan(revocation.revokedUntil ?? 0);
    }
  });

  it('covers a grant of an earlier process with the same store', async () => {
    const time = new FakeTime();
    const store = new MemoryRevocationStore();
    const first = await Revocation.load(store, { clock: time });
    await first.revoke();
    const granted = first.nextGrantExpiry();
    const second = await Revocation.load(store, { clock: time });
    await second.revoke();
    expect(second.revokedUntil).toBeGreaterThanOrEqual(granted);
  });

  it('holds in this process although it could not be stored', async () => {
    const full = { load: () => Promise.resolve(null), save: () => Promise.reject(new Error('disk full')) };
    const revocation = await Revocation.load(full, { clock: new FakeTime() });
    await expect(revocation.revoke()).rejects.toThrow('disk full');
    expect(revocation.revokedUntil).not.toBeNull();
  });
});

/** What two processes with one key file share. */
function shared() {
  const marks = new MemoryRevocationStore();
  const grants = new MemoryRevocationStore();
  return (time: FakeTime) => Revocation.load(marks, { clock: time, granted: grants });
}

/** A grant as it goes out. @returns its expiry */
async function grant(revocation: Revocation): Promise<number> {
  await revocation.refresh();
  const expiry = revocation.nextGrantExpiry();
  await revocation.keepNewest();
  return expiry;
}

describe('a revocation', () => {
  it('holds in a second process with the same key file', async () => {
    const start = shared();
    const time = new FakeTime();
    const [first, second] = [await start(time), await start(time)];
    const granted = await grant(second);
    await first.revoke();
    await second.refresh();
    expect(second.revokedUntil).toBeGreaterThanOrEqual(granted);
    expect(await grant(second)).toBeGreaterThan(first.revokedUntil ?? 0);
  });

  it('covers what an earlier process granted although the clock is behind since', async () => {
    const start = shared();
    const granted = await grant(await start(new FakeTime()));
    const behind = await start(new FakeTime(new FakeTime().now() - 40 * DAY_MS));
    await behind.revoke();
    expect(behind.revokedUntil).toBeGreaterThanOrEqual(granted);
    expect(await grant(behind)).toBeGreaterThan(behind.revokedUntil ?? 0);
  });

  it('covers a grant that an earlier process made while the clock was ahead', async () => {
    const start = shared();
    const granted = await grant(await start(new FakeTime(new FakeTime().now() + 400 * DAY_MS)));
    const right = await start(new FakeTime());
    await right.revoke();
    expect(right.revokedUntil).toBeGreaterThanOrEqual(granted);
    expect(await grant(right)).toBeGreaterThan(right.revokedUntil ?? 0);
  });

  it('is not lost to another one at the same moment by a process whose clock is behind', async () => {
    const start = shared();
    const ahead = await start(new FakeTime());
    const behind = await start(new FakeTime(new FakeTime().now() - 40 * DAY_MS));
    await Promise.all([ahead.revoke(), behind.revoke()]);
    const later = await start(new FakeTime());
    expect(later.revokedUntil).toBe(ahead.revokedUntil);
  });

  it('covers grants where their expiry cannot be kept: the usual ones', async () => {
    const readOnly = { load: () => Promise.resolve(null), save: () => Promise.reject(new Error('EROFS')) };
    const revocation = await Revocation.load(new MemoryRevocationStore(), {
      clock: new FakeTime(),
      granted: readOnly,
    });
    const granted = await grant(revocation);
    await revocation.revoke();
    expect(revocation.revokedUntil).toBeGreaterThanOrEqual(granted);
  });
});

describe('FileRevocationStore', () => {
  let folder = '';
  const fileIn = () => join(folder, 'key.revoked');
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'revocation-'));
  });
  afterEach(async () => {
    await chmod(folder, 0o700);
    await rm(folder, { recursive: true });
  });

  it('knows nothing before the first mark, and the mark after it', async () => {
    const store = new FileRevocationStore(fileIn());
    expect(await store.load()).toBeNull();
    await store.save(NOW);
    expect(await new FileRevocationStore(fileIn()).load()).toBe(NOW);
  });

  it('keeps the file to its owner and leaves no drafts', async () => {
    const store = new FileRevocationStore(fileIn());
    await Promise.all([store.save(NOW), store.save(NOW + 1)]);
    await store.save(NOW + 2);
    expect((await stat(fileIn())).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['key.revoked']);
    expect(await readFile(fileIn(), 'utf8')).toBe(`${NOW + 2}\n`);
  });

  it.each([
    '',
    '\n',
    'abc',
    '-5',
    '1.5',
    '1e9',
    '0x10',
    '12 ',
    '99999999999999999999',
    '999999999999999',
    '1\n2',
  ])('refuses a file that holds %j: to guess "nothing revoked" would be unsafe', async (text) => {
    await writeFile(fileIn(), text);
    await expect(new FileRevocationStore(fileIn()).load()).rejects.toMatchObject({ code: 'ERR_STORE' });
  });

  it('says when the mark cannot be read or written, and leaves no draft', async () => {
    await mkdir(fileIn());
    const store = new FileRevocationStore(fileIn());
    await expect(store.load()).rejects.toMatchObject({ code: 'ERR_STORE' });
    await expect(store.save(NOW)).rejects.toMatchObject({ code: 'ERR_STORE' });
    expect(await readdir(folder)).toEqual(['key.revoked']);
    const nowhere = new FileRevocationStore(join(folder, 'no', 'such', 'folder'));
    await expect(nowhere.save(NOW)).rejects.toMatchObject({ code: 'ERR_STORE' });
  });
});
