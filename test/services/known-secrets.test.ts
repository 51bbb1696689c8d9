import { describe, expect, it } from 'vitest';
import { NetDiagnosticsError } from '../../lib/errors.js';
import { SECRET_LIFE_MS, SECRET_RETRY_MS } from '../../lib/services/constants.js';
import { MemoryStore } from '../../lib/services/index.js';
import { KnownSecrets } from '../../lib/services/sessions/known-secrets.js';
import { madeUpId } from '../support/ids.js';

const KEY = madeUpId('key');

/** A store whose database can be away, or answer late. */
class SlowStore extends MemoryStore {
  reads = 0;
  isAway = false;
  gate: Promise<void> = Promise.resolve();

  override async apiSecret(keyId: typeof KEY) {
    this.reads += 1;
    const found = await super.apiSecret(keyId);
    await this.gate;
    if (this.isAway) throw new NetDiagnosticsError('ERR_STORE', 'away');
    return found;
  }
}

async function known() {
  const clock = { at: 1_000_000, now: () => clock.at };
  const store = new SlowStore();
  await store.addApiSecret({
    ...{ project: 'default', keyId: KEY, identity: madeUpId('platform'), label: '' },
    ...{ createdAt: 1, revokedAt: null },
  });
  return { clock, store, secrets: new KnownSecrets(store, clock) };
}

describe('KnownSecrets', () => {
  it('read a secret once in its short life, however many ask', async () => {
    const { clock, store, secrets } = await known();
    await Promise.all(Array.from({ length: 100 }, () => secrets.get(KEY)));
    expect((await secrets.get(KEY))?.revokedAt).toBeNull();
    expect(store.reads).toBe(1);
    clock.at += SECRET_LIFE_MS;
    await secrets.get(KEY);
    expect(store.reads).toBe(2);
    // A clock that was set back by a day.
    clock.at -= 86_400_000;
    await secrets.get(KEY);
    expect(store.reads).toBe(3);
  });

  it('read it anew at once when it was revoked', async () => {
    const { store, secrets } = await known();
    await secrets.get(KEY);
    await store.revokeApiSecret('default', KEY, 2);
    secrets.forget(KEY);
    expect((await secrets.get(KEY))?.revokedAt).toBe(2);
  });

  it('do not remember what a read brings that began before the revocation', async () => {
    const { store, secrets } = await known();
    let open = () => {};
    store.gate = new Promise((resolve) => {
      open = resolve;
    });
    const before = secrets.get(KEY);
    await store.revokeApiSecret('default', KEY, 2);
    secrets.forget(KEY);
    open();
    expect((await before)?.revokedAt).toBeNull();
    expect((await secrets.get(KEY))?.revokedAt).toBe(2);
  });

  it('go on with what they know while the database is away, and ask for it again soon', async () => {
    const { clock, store, secrets } = await known();
    await secrets.get(KEY);
    store.isAway = true;
    clock.at += SECRET_LIFE_MS;
    expect(await secrets.get(KEY)).not.toBeNull();
    const reads = store.reads;
    await secrets.get(KEY);
    expect(store.reads).toBe(reads);
    // A database that does not even refuse.
    store.gate = new Promise(() => {});
    clock.at += SECRET_RETRY_MS;
    expect(await secrets.get(KEY)).not.toBeNull();
    [store.isAway, store.gate] = [false, Promise.resolve()];
    await store.revokeApiSecret('default', KEY, 2);
    clock.at += SECRET_RETRY_MS;
    expect((await secrets.get(KEY))?.revokedAt).toBe(2);
    // Nothing is known of others: they have to wait until it is back.
    store.isAway = true;
    await expect(secrets.get(madeUpId('another'))).rejects.toMatchObject({ code: 'ERR_STORE' });
  });

  it('remember no secret that there never was: strangers can name any number', async () => {
    const { store, secrets } = await known();
    for (const name of ['a', 'b', 'a']) expect(await secrets.get(madeUpId(name))).toBeNull();
    expect(store.reads).toBe(3);
  });
});
