import { afterEach, describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../../platform/people/index.js';
import { sweep } from '../../../platform/store/sweep.js';
import { addUser, browserOf, DIALECTS, FROM, GOOD, NO_LIMITS, PeopleStage, type Process } from './stage.js';

const stage = new PeopleStage();
afterEach(() => stage.close());

const DAY = 24 * 3_600_000;
const all = async ({ people }: Process) => (await people.audit.page({ project: null, limit: 1_000 })).items;
const kept = async (process: Process, limits: Partial<typeof NO_LIMITS>) => {
  for await (const _step of sweep(process.store.database, { ...NO_LIMITS, ...limits }));
  return (await all(process)).map(({ action, target }) => [action, target]);
};

describe.each(DIALECTS)('the audit log, on %s', (dialect) => {
  it('says who did what to whom, from where', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    const ada = await addUser(process, 'ada', { isAdministrator: true, password: GOOD });
    const signedIn = await people.signIns.withPassword('ada', GOOD, FROM);
    const caller = await people.callers.ofSignIn(signedIn?.value ?? '', FROM.address);
    if (caller === null) throw new Error('not let in');
    const bob = await people.users.add(caller, { name: 'bob' });
    await people.projects.add(caller, { id: 'ops' });
    await people.members.put(caller, 'ops', bob.id, 'viewer');
    await people.members.put(caller, 'ops', bob.id, 'admin');
    // What changes nothing is nothing.
    await people.members.put(caller, 'ops', bob.id, 'admin');
    const { token } = await people.apiTokens.make(caller, {
      project: 'ops',
      label: 'ci',
      permissions: ['fleet:read'],
    });
    await people.apiTokens.revoke(caller, 'ops', token.id);
    await people.users.change(caller, bob.id, { name: 'Bob B', isDisabled: true });
    await people.users.remove(root, bob.id);
    await people.audit.record({ by: caller, action: 'backup.made', project: null, detail: { bytes: 7 } });
    const by = { kind: 'user', id: ada.id, name: 'ada' };
    const told = (entry: AuditEntry) => {
      const { id: _id, at: _at, times: _times, ...rest } = entry;
      return rest;
    };
    const entry = (action: string, project: string | null, target: string | null, detail: object) => ({
      ...{ actor: by, address: FROM.address, action, project, target, detail },
    });
    expect((await all(process)).map(told).reverse().slice(1)).toEqual([
      entry('sign-in.done', null, null, { way: 'password' }),
      entry('user.added', null, bob.id, { name: 'bob', isAdministrator: false }),
      entry('project.added', 'ops', 'ops', { name: 'ops' }),
      entry('member.added', 'ops', bob.id, { name: 'bob', role: 'viewer' }),
      entry('member.changed', 'ops', bob.id, { name: 'bob', role: 'admin', before: 'viewer' }),
      entry('token.made', 'ops', token.id, {
        label: 'ci',
        permissions: 'fleet:read',
        expiresAt: token.expiresAt,
      }),
      entry('token.revoked', 'ops', token.id, { label: 'ci' }),
      entry('user.disabled', null, bob.id, { name: 'Bob B', before: 'bob' }),
      {
        ...entry('user.removed', null, bob.id, { name: 'Bob B' }),
        ...{ actor: { kind: 'local', id: 'local', name: 'test' }, address: null },
      },
      entry('backup.made', null, null, { bytes: 7 }),
    ]);
    const ofProject = await people.audit.page({ project: 'ops', limit: 99 });
    expect(ofProject.items.map(({ action }) => action)).toEqual([
      ...['token.revoked', 'token.made', 'member.changed', 'member.added', 'project.added'],
    ]);
  });

  it('is read page by page, newest first, of one action or one actor alone', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    const ada = await addUser(process, 'ada', { isAdministrator: true });
    const { caller } = await browserOf(process, ada);
    for (let number = 0; number < 25; number += 1) {
      const by = number % 2 === 0 ? root : caller;
      await people.audit.record({ by, action: 'run.requested', project: 'default', target: String(number) });
      // Several in one millisecond stay in their order.
      if (number % 5 === 0) stage.now += 1;
    }
    const read = async (query: { action?: string; actor?: string; project?: string }) => {
      const targets: (string | null)[] = [];
      for (let after: string | null = null; ; ) {
        const page = await people.audit.page({ project: null, limit: 4, after, ...query });
        targets.push(...page.items.map(({ target }) => target));
        after = page.next;
        if (after === null) return targets;
        expect(page.items).toHaveLength(4);
      }
    };
    const numbers = Array.from({ length: 25 }, (_, index) => String(24 - index));
    expect(await read({ project: 'default' })).toEqual(numbers);
    expect(await read({ action: 'run.requested' })).toEqual(numbers);
    expect(await read({ actor: ada.id, action: 'run.requested' })).toEqual(
      numbers.filter((one) => Number(one) % 2),
    );
    expect(await read({ action: "' OR 1=1" })).toEqual([]);
    expect(await read({ project: 'ops' })).toEqual([]);
  });

  it('has nothing that was not done', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    const ada = await addUser(process, 'ada', { isAdministrator: true });
    const before = await all(process);
    await expect(people.users.remove(root, ada.id)).rejects.toThrow();
    await expect(people.users.add(root, { name: 'ADA' })).rejects.toThrow();
    await expect(people.projects.remove(root, 'nowhere')).rejects.toThrow();
    await expect(people.apiTokens.revoke(root, 'default', 'x')).rejects.toThrow();
    expect(await all(process)).toEqual(before);
  });

  it('has one row a minute for each user whom somebody tries to be, and one for all whom there are not', async () => {
    const process = await stage.process(dialect);
    const { people } = process;
    const ada = await addUser(process, 'ada');
    const began = stage.now;
    const tries = async (from: number, count: number) => {
      for (let number = from; number < from + count; number += 1) {
        await people.audit.failedSignIn(`nobody ${number}\u202e`, null, `192.0.2.${number}`);
        await people.audit.failedSignIn('ada', ada.id, `192.0.2.${number}`);
        stage.now += 100;
      }
    };
    await tries(0, 50);
    stage.now = began + 60_000;
    await tries(50, 50);
    const failed = (await all(process)).filter(({ action }) => action === 'sign-in.failed');
    const shown = failed.map(({ actor, address, times, at }) => [
      actor.name,
      actor.id,
      address,
      times,
      at - began,
    ]);
    expect(shown.sort((a, b) => Number(a[4]) - Number(b[4]))).toEqual(
      [
        ['nobody 0\ufffd', '', '192.0.2.0', 50, 0],
        ['ada', ada.id, '192.0.2.0', 50, 0],
        ['nobody 50\ufffd', '', '192.0.2.50', 50, 60_000],
        ['ada', ada.id, '192.0.2.50', 50, 60_000],
      ].sort((a, b) => Number(a[4]) - Number(b[4])),
    );
  });

  it('is bounded, in each text and in all', async () => {
    const process = await stage.process(dialect);
    const long = '\n\u202e'.padEnd(1_000_000, 'x');
    await process.people.audit.record({
      ...{
        by: { kind: 'user', id: long, name: long, address: long },
        action: 'user.changed',
        project: null,
        target: long,
      },
      detail: Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`${index}${long}`, long])),
    });
    const [entry] = await all(process);
    expect(JSON.stringify(entry).length).toBeLessThan(7_000);
    expect(JSON.stringify(entry)).not.toMatch(/\u202e/);
  });

  it('keeps its entries for so many days, and so many of them', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    for (let number = 0; number < 10; number += 1) {
      await people.audit.record({
        by: root,
        action: 'run.requested',
        project: 'default',
        target: String(number),
      });
      stage.now += DAY;
    }
    const numbers = (from: number) =>
      Array.from({ length: 10 - from }, (_, index) => ['run.requested', String(9 - index)]);
    expect(await kept(process, {})).toEqual(numbers(0));
    expect(await kept(process, { auditSince: stage.now - 8 * DAY })).toEqual(numbers(2));
    expect(await kept(process, { auditEntries: 5 })).toEqual(numbers(5));
  });

  it('loses none of it to who tries passwords: those are a tenth at most', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    await people.audit.record({ by: root, action: 'user.added', project: null, target: 'first' });
    for (let number = 0; number < 60; number += 1) {
      stage.now += 60_000;
      await people.audit.failedSignIn('nobody', null, null);
    }
    const left = await kept(process, { auditEntries: 50 });
    expect(left.filter(([action]) => action === 'sign-in.failed')).toHaveLength(5);
    expect(left).toContainEqual(['user.added', 'first']);
  });
});
