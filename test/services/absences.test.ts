import { expect, it } from 'vitest';
import { NetDiagnosticsError } from '../../lib/errors.js';
import { EventBus } from '../../lib/services/events.js';
import { MemoryStore } from '../../lib/services/memory-store.js';
import type { EndpointRef } from '../../lib/services/records.js';
import { Absences } from '../../lib/services/sessions/absences.js';
import { Presence } from '../../lib/services/sessions/index.js';
import { refOf } from '../platform/stage.js';
import { settle, until } from '../support/fake-time.js';
import { madeUpId } from '../support/ids.js';

const [A, B, C] = ['a', 'b', 'c'].map((digit) => refOf(madeUpId(digit.repeat(64)))) as [
  EndpointRef,
  EndpointRef,
  EndpointRef,
];

/** A store that can be away. */
class UnsteadyStore extends MemoryStore {
  isAway = false;
  attempts = 0;

  override async sessionClosed(...what: Parameters<MemoryStore['sessionClosed']>): Promise<void> {
    this.attempts += 1;
    if (this.isAway) throw new NetDiagnosticsError('ERR_STORE', 'The database is away.');
    await super.sessionClosed(...what);
  }
}

it('who leaves while the store is away is stored as offline when it is back, unless it has come again', async () => {
  const store = new UnsteadyStore();
  const presence = new Presence(4);
  const events = new EventBus();
  const warnings: string[] = [];
  events.subscribe((event) => {
    if (event.type === 'warning') warnings.push(event.message);
  });
  for (const ref of [A, B, C]) {
    await store.authorise(ref, { issuer: A.id, expiresAt: null }, C.id, 1);
    await store.sessionOpened(ref, C.id, null, 1);
  }
  const wakings: (() => void)[] = [];
  const sleep = () => new Promise<void>((wake) => wakings.push(wake));
  let now = 10;
  const absences = new Absences({
    ...{ identity: C.id, store, presence, events, clock: { now: () => now }, sleep },
  });
  const areOnline = async () =>
    Promise.all([A, B, C].map(async (ref) => (await store.endpoint(ref))?.isOnline));

  await absences.note(A);
  expect(await areOnline()).toEqual([false, true, true]);
  store.isAway = true;
  await absences.note(B);
  await absences.note(C);
  expect(await areOnline()).toEqual([false, true, true]);
  expect(warnings).toEqual(['The database is away.']);

  // Still away: one attempt is enough to see that.
  store.attempts = 0;
  wakings.shift()?.();
  await until(() => wakings.length === 1);
  expect(store.attempts).toBe(1);

  now = 99;
  store.isAway = false;
  presence.reached(C.id, C.project);
  wakings.shift()?.();
  await until(async () => (await store.endpoint(B))?.isOnline === false);
  expect(await areOnline()).toEqual([false, false, true]);
  // When it left, not when that could be stored.
  expect((await store.endpoint(B))?.lastSeenAt).toBe(10);
  expect(wakings).toEqual([]);

  // Who comes and goes once more before that has left later.
  store.isAway = true;
  await absences.note(A);
  store.isAway = false;
  await store.sessionOpened(A, C.id, null, 150);
  now = 200;
  await absences.note(A);
  wakings.shift()?.();
  await settle();
  expect((await store.endpoint(A))?.lastSeenAt).toBe(200);
  await absences.close();
});
