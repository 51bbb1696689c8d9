import { afterEach, describe, expect, it } from 'vitest';
import { type Caller, PERMISSIONS, PROJECT_PERMISSIONS } from '../../../platform/people/index.js';
import { addUser, browserOf, DIALECTS, mayPostgres, PeopleStage, type Process, settled } from './stage.js';

const stage = new PeopleStage();
afterEach(() => stage.close());

const DAY = 24 * 3_600_000;
const refused = (reason: string, field: string | null = null) => ({ name: 'PeopleError', reason, field });
const CI = { project: 'default', label: 'ci', permissions: ['fleet:read'] };

async function callerOf({ people }: Process, text: string): Promise<Caller> {
  const caller = await people.callers.ofToken(text, null);
  if (caller === null) throw new Error('no token');
  return caller;
}

describe.each(DIALECTS)('API tokens, on %s', (dialect) => {
  it('are shown once; the database holds a hash', async () => {
    const { people, root, store } = await stage.process(dialect);
    const { text, token } = await people.apiTokens.make(root, CI);
    expect(text).toMatch(/^irohplat_[0-9a-f]{16}_[\w-]{43}$/);
    expect(token).toEqual({
      ...{ id: text.split('_')[1], project: 'default', label: 'ci', permissions: ['fleet:read'] },
      ...{ createdBy: { kind: 'local', id: 'local', name: null }, isOwnerOut: false },
      ...{ createdAt: stage.now, expiresAt: stage.now + 90 * DAY, revokedAt: null, lastUsedAt: null },
    });
    expect(await people.apiTokens.list('default')).toEqual([token]);
    expect(await people.apiTokens.list(null)).toEqual([]);
    const rows = JSON.stringify([
      await store.tables.selectFrom('api_tokens').selectAll().execute(),
      await store.tables.selectFrom('audit').selectAll().execute(),
    ]);
    expect(rows).not.toContain(text.slice(-43));
  });

  it('may what they were made for, and only there', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    await people.projects.add(root, { id: 'ops' });
    const of = async (project: string | null, permissions: readonly string[]) => {
      const { text } = await people.apiTokens.make(root, { project, label: 'x', permissions });
      const caller = await people.callers.ofToken(text, '192.0.2.1');
      if (caller === null) throw new Error('no token');
      return caller;
    };
    const ci = await of('default', ['runs:write', 'fleet:read', 'fleet:read']);
    expect(ci).toMatchObject({ kind: 'token', name: 'x', projects: ['default'], address: '192.0.2.1' });
    for (const permission of PERMISSIONS) {
      const may = ['fleet:read', 'runs:write'].includes(permission);
      expect([permission, ci.may(permission, 'default')]).toEqual([permission, may]);
      expect([permission, ci.may(permission, 'ops')]).toEqual([permission, false]);
      expect([permission, ci.may(permission, null)]).toEqual([permission, false]);
    }
    const metrics = await of(null, ['platform:read', 'fleet:read']);
    expect(metrics).toMatchObject({ projects: 'all', isAdministrator: false });
    expect(metrics.may('platform:read', null)).toBe(true);
    expect(metrics.may('fleet:read', 'ops')).toBe(true);
    // What is of the platform is in no project, and the other way round.
    expect(metrics.may('platform:read', 'ops')).toBe(false);
    expect(metrics.may('fleet:read', null)).toBe(false);
    expect(await of(null, PERMISSIONS)).toMatchObject({ isAdministrator: true });
    expect(await of('ops', PROJECT_PERMISSIONS)).toMatchObject({ isAdministrator: false });
  });

  it('are made by who may himself what they may', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    await people.projects.add(root, { id: 'ops' });
    const ada = await addUser(process, 'ada');
    await people.members.put(root, 'default', ada.id, 'admin');
    await people.members.put(root, 'ops', ada.id, 'viewer');
    const { caller } = await browserOf(process, ada);
    const forbidden = refused('forbidden');
    const made = await people.apiTokens.make(caller, { ...CI, permissions: ['tokens:write', 'fleet:read'] });
    expect(made.token.createdBy).toEqual({ kind: 'user', id: ada.id, name: 'ada' });
    await expect(people.apiTokens.make(caller, { ...CI, project: null })).rejects.toMatchObject(forbidden);
    await expect(people.apiTokens.make(caller, { ...CI, expiresAt: null })).rejects.toMatchObject(forbidden);
    await expect(
      people.apiTokens.make(caller, { ...CI, project: 'ops', permissions: ['fleet:read', 'runs:write'] }),
    ).rejects.toMatchObject({ ...forbidden, message: expect.stringMatching(/: runs:write\.$/) });
    const token = await people.callers.ofToken(made.text, null);
    if (token === null) throw new Error('no token');
    await expect(
      people.apiTokens.make(token, { ...CI, permissions: ['secrets:write'] }),
    ).rejects.toMatchObject(forbidden);
    await expect(people.apiTokens.make(token, { ...CI, project: 'ops' })).rejects.toMatchObject(forbidden);
    for (const permissions of [[], ['all'], ['fleet:read', 'FLEET:READ'], ['platform:read'], ['']])
      await expect(people.apiTokens.make(root, { ...CI, permissions })).rejects.toMatchObject(
        refused('invalid', 'permissions'),
      );
    for (const expiresAt of [0, stage.now, stage.now + 367 * DAY, Number.NaN, stage.now + 0.5])
      await expect(people.apiTokens.make(root, { ...CI, expiresAt })).rejects.toMatchObject(
        refused('invalid', 'expiresAt'),
      );
    for (const label of ['', '  ', 'x'.repeat(61)])
      await expect(people.apiTokens.make(root, { ...CI, label })).rejects.toMatchObject(
        refused('invalid', 'label'),
      );
  });

  it('that make tokens make none that outlive them', async () => {
    const { people, root } = await stage.process(dialect);
    const outlives = refused('forbidden', 'expiresAt');
    const permissions = ['tokens:write', 'fleet:read'];
    const made = await people.apiTokens.make(root, { ...CI, permissions, expiresAt: stage.now + DAY });
    const token = await people.callers.ofToken(made.text, null);
    if (token === null) throw new Error('no token');
    await expect(
      people.apiTokens.make(token, { ...CI, expiresAt: stage.now + DAY + 1 }),
    ).rejects.toMatchObject(outlives);
    const { token: child } = await people.apiTokens.make(token, CI);
    expect(child.expiresAt).toBe(stage.now + DAY);
    const all = await people.apiTokens.make(root, {
      ...{ project: null, label: 'all', permissions: PERMISSIONS, expiresAt: stage.now + DAY },
    });
    const administrator = await people.callers.ofToken(all.text, null);
    if (administrator === null) throw new Error('no token');
    await expect(people.apiTokens.make(administrator, { ...CI, expiresAt: null })).rejects.toMatchObject(
      outlives,
    );
    const lasting = await people.apiTokens.make(root, {
      ...{ project: null, label: 'all', permissions: PERMISSIONS, expiresAt: null },
    });
    const ever = await people.callers.ofToken(lasting.text, null);
    expect(
      (await people.apiTokens.make(ever ?? root, { ...CI, expiresAt: null })).token.expiresAt,
    ).toBeNull();
  });

  it('end when they expire, and when they are revoked, and are listed a while longer', async () => {
    const { people, root, told } = await stage.process(dialect);
    const { text, token } = await people.apiTokens.make(root, { ...CI, expiresAt: stage.now + DAY });
    const other = await people.apiTokens.make(root, { ...CI, expiresAt: null });
    const caller = await people.callers.ofToken(text, null);
    stage.now += DAY - 1;
    expect(await people.callers.ofToken(text, null)).not.toBeNull();
    stage.now += 1;
    expect(await people.callers.ofToken(text, null)).toBeNull();
    expect(caller === null ? null : await people.callers.again(caller)).toBeNull();
    expect(await people.callers.ofToken(other.text, null)).not.toBeNull();
    // In another project there is no such token.
    await people.projects.add(root, { id: 'ops' });
    for (const project of ['ops', null])
      await expect(people.apiTokens.revoke(root, project, other.token.id)).rejects.toMatchObject(
        refused('unknown'),
      );
    expect(await people.apiTokens.revoke(root, 'default', other.token.id)).toBe(true);
    expect(told).toEqual([{ what: 'access' }]);
    expect(await people.callers.ofToken(other.text, null)).toBeNull();
    expect(await people.apiTokens.revoke(root, 'default', other.token.id)).toBe(false);
    expect(await people.apiTokens.revoke(root, 'default', token.id)).toBe(false);
    expect((await people.apiTokens.list('default')).map(({ revokedAt }) => revokedAt)).toEqual(
      expect.arrayContaining([stage.now]),
    );
  });

  it('end with the user who made them: as long as he is disabled, and for good when he is removed', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    await people.projects.add(root, { id: 'ops' });
    const ada = await addUser(process, 'ada');
    for (const project of ['default', 'ops']) await people.members.put(root, project, ada.id, 'admin');
    const { caller } = await browserOf(process, ada);
    const permissions = ['tokens:write', 'fleet:read'];
    const made = await people.apiTokens.make(caller, { ...CI, permissions });
    const elsewhere = await people.apiTokens.make(caller, { ...CI, project: 'ops' });
    const parent = await callerOf(process, made.text);
    const child = await people.apiTokens.make(parent, CI);
    const machine = await people.apiTokens.make(root, CI);
    const texts = [made, elsewhere, child, machine].map(({ text }) => text);
    const areIn = async () => {
      const all = await Promise.all(texts.map((text) => people.callers.ofToken(text, null)));
      return all.map((one) => one !== null);
    };
    expect(await areIn()).toEqual([true, true, true, true]);
    await people.users.change(root, ada.id, { isDisabled: true });
    expect(await areIn()).toEqual([false, false, false, true]);
    expect(await people.callers.again(parent)).toBeNull();
    await expect(people.apiTokens.make(parent, CI)).rejects.toMatchObject(refused('forbidden'));
    await expect(people.users.add(parent, { name: 'late' })).rejects.toMatchObject(refused('forbidden'));
    const listed = await people.apiTokens.list('default');
    const told = (id: string) => listed.find((one) => one.id === id);
    expect(told(made.token.id)).toMatchObject({
      isOwnerOut: true,
      revokedAt: null,
      createdBy: { name: 'ada' },
    });
    expect(told(child.token.id)).toMatchObject({
      ...{ isOwnerOut: true, createdBy: { kind: 'token', id: made.token.id, name: 'ci' } },
    });
    expect(told(machine.token.id)).toMatchObject({ isOwnerOut: false, createdBy: { kind: 'local' } });
    await people.users.change(root, ada.id, { isDisabled: false });
    expect(await areIn()).toEqual([true, true, true, true]);
    await people.users.remove(root, ada.id);
    expect(await areIn()).toEqual([false, false, false, true]);
    expect(await people.apiTokens.list('ops')).toMatchObject([
      { revokedAt: stage.now, isOwnerOut: true, createdBy: { kind: 'user', id: ada.id, name: null } },
    ]);
    const { items } = await people.audit.page({ project: null, limit: 6 });
    expect(items.slice(1, 4).map(({ action, project, detail }) => [action, project, detail.with])).toEqual(
      expect.arrayContaining([
        ['token.revoked', 'default', 'ada'],
        ['token.revoked', 'ops', 'ada'],
      ]),
    );
    expect(items[0]).toMatchObject({ action: 'user.removed' });
    const { items: disabled } = await people.audit.page({ project: null, limit: 9, action: 'user.disabled' });
    expect(disabled).toMatchObject([{ detail: { name: 'ada', tokens: 3 } }]);
  });

  it('of the whole platform let nobody in while their user is no administrator any more', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    await addUser(process, 'root', { isAdministrator: true });
    const ada = await addUser(process, 'ada', { isAdministrator: true });
    const { caller } = await browserOf(process, ada);
    const all = await people.apiTokens.make(caller, {
      ...{ project: null, label: 'all', permissions: PERMISSIONS, expiresAt: null },
    });
    const ofProject = await people.apiTokens.make(await callerOf(process, all.text), CI);
    const areIn = () =>
      Promise.all(
        [all, ofProject].map(async ({ text }) => (await people.callers.ofToken(text, null)) !== null),
      );
    expect(await areIn()).toEqual([true, true]);
    // With it he would make himself one again.
    await people.users.change(root, ada.id, { isAdministrator: false });
    expect(await areIn()).toEqual([false, true]);
    expect(await people.apiTokens.list(null)).toMatchObject([{ isOwnerOut: true, revokedAt: null }]);
    await people.users.change(root, ada.id, { isAdministrator: true });
    expect(await areIn()).toEqual([true, true]);
  });

  it('end with the token that made them, and with the one that made that, in whichever project', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    await people.projects.add(root, { id: 'ops' });
    const make = async (by: Caller, project: string | null, permissions: readonly string[]) => {
      const { text, token } = await people.apiTokens.make(by, { project, label: 'x', permissions });
      return { id: token.id, text, caller: await callerOf(process, text) };
    };
    const first = await make(root, null, PERMISSIONS);
    const second = await make(first.caller, null, PERMISSIONS);
    const third = await make(second.caller, 'ops', ['tokens:write', 'fleet:read']);
    const fourth = await make(third.caller, 'ops', ['fleet:read']);
    const other = await make(root, null, PERMISSIONS);
    expect(await people.apiTokens.revoke(root, null, first.id)).toBe(true);
    const areIn = await Promise.all(
      [first, second, third, fourth, other].map(({ text }) => people.callers.ofToken(text, null)),
    );
    expect(areIn.map((one) => one !== null)).toEqual([false, false, false, false, true]);
    await expect(make(second.caller, 'ops', ['fleet:read'])).rejects.toMatchObject(refused('forbidden'));
    const { items } = await people.audit.page({ project: null, limit: 9, action: 'token.revoked' });
    expect(items.map(({ project, target, detail }) => [project, target, detail.with])).toEqual([
      ['ops', fourth.id, first.id],
      ['ops', third.id, first.id],
      [null, second.id, first.id],
      [null, first.id, undefined],
    ]);
  });

  it('say when they were used last, and write so once a minute', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    const { text } = await people.apiTokens.make(root, CI);
    const lastUsed = async () => (await people.apiTokens.list('default'))[0]?.lastUsedAt;
    const begun = stage.now;
    for (const [after, seen] of [
      [0, 0],
      [30_000, 0],
      [59_999, 0],
      [60_000, 60_000],
      [90_000, 60_000],
    ] as const) {
      stage.now = begun + after;
      await people.callers.ofToken(text, null);
      await settled(process);
      expect([after, await lastUsed()]).toEqual([after, begun + seen]);
    }
  });

  it('let nobody in who has not the whole text', async () => {
    const { people, root } = await stage.process(dialect);
    const { text } = await people.apiTokens.make(root, CI);
    const other = await people.apiTokens.make(root, CI);
    const [, id, secret] = /^irohplat_(\w{16})_(.*)$/.exec(text) ?? [];
    const changed = `${secret?.slice(0, -2)}${secret?.endsWith('AA') ? 'BB' : 'AA'}`;
    const wrong = [
      ...[
        '',
        'irohplat_',
        `irohplat_${id}_`,
        `irohplat_${id}_${changed}`,
        `irohplat_${id}_${secret}=`,
        ` ${text}`,
      ],
      ...[
        text.toUpperCase(),
        `${text}\n`,
        `irohplat_${other.token.id}_${secret}`,
        `irohplat_${'0'.repeat(16)}_${secret}`,
      ],
      ...[
        `irohplat_${id}_${'A'.repeat(43)}`,
        secret ?? '',
        `${text}${'A'.repeat(1_000_000)}`,
        `irohplat_' OR 1=1 --_${secret}`,
      ],
    ];
    for (const one of wrong) expect(await people.callers.ofToken(one, null)).toBeNull();
    expect(await people.callers.ofToken(text, null)).not.toBeNull();
  });

  it('are bounded in number: those that can be used, and those that cannot any more', async () => {
    const process = await stage.process(dialect);
    const { people, root, store } = process;
    const rows = Array.from({ length: 199 }, (_, index) => ({
      ...{ id: `living${index}`, hash: 'x', project: 'default', label: 'x', permissions: 'fleet:read' },
      ...{ created_by: 'local', created_at: index, expires_at: null, revoked_at: null, last_used_at: null },
    }));
    await store.tables.insertInto('api_tokens').values(rows).execute();
    await people.apiTokens.make(root, CI);
    await expect(people.apiTokens.make(root, CI)).rejects.toMatchObject(refused('full'));
    await store.tables
      .insertInto('api_tokens')
      .values(
        Array.from({ length: 900 }, (_, index) => ({
          ...rows[0],
          ...{ id: `ended${index}`, hash: 'x' },
          project: 'default',
          label: 'x',
          permissions: '',
          created_by: '',
          created_at: index,
          revoked_at: 1,
        })),
      )
      .execute();
    await people.apiTokens.revoke(root, 'default', 'living0');
    await people.apiTokens.make(root, CI);
    expect(await people.apiTokens.list('default')).toHaveLength(1_000);
  });
});

describe.runIf(mayPostgres)('an API token that is revoked at one process', () => {
  it('is out at the other with its next request', async () => {
    const [one, two] = (await stage.processes(2)) as [Process, Process];
    const { text, token } = await one.people.apiTokens.make(one.root, CI);
    expect(await two.people.callers.ofToken(text, null)).not.toBeNull();
    await one.people.apiTokens.revoke(one.root, 'default', token.id);
    expect(await two.people.callers.ofToken(text, null)).toBeNull();
    await expect.poll(() => two.told).toContainEqual({ what: 'access' });
  });
});
