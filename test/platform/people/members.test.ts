import { afterEach, describe, expect, it } from 'vitest';
import { PERMISSIONS, PERMISSIONS_OF, ROLES, roleFor } from '../../../platform/people/index.js';
import { addUser, browserOf, DIALECTS, PeopleStage } from './stage.js';

const stage = new PeopleStage();
afterEach(() => stage.close());

const refused = (reason: string, field: string | null = null) => ({ name: 'PeopleError', reason, field });

describe('roles', () => {
  it('may what the one before may, and more', () => {
    expect(PERMISSIONS_OF.viewer).toEqual(['fleet:read', 'members:read']);
    expect(PERMISSIONS_OF.operator).toEqual(['fleet:read', 'members:read', 'runs:write', 'secrets:read']);
    expect(PERMISSIONS_OF.admin).toEqual([
      ...['fleet:read', 'runs:write', 'secrets:read', 'secrets:write', 'members:read', 'members:write'],
      ...['tokens:read', 'tokens:write', 'audit:read', 'project:write'],
    ]);
    expect(PERMISSIONS.map((one) => [one, roleFor(one)])).toEqual([
      ['fleet:read', 'viewer'],
      ['runs:write', 'operator'],
      ['secrets:read', 'operator'],
      ['secrets:write', 'admin'],
      ['members:read', 'viewer'],
      ['members:write', 'admin'],
      ['tokens:read', 'admin'],
      ['tokens:write', 'admin'],
      ['audit:read', 'admin'],
      ['project:write', 'admin'],
      ['platform:read', null],
      ['platform:write', null],
    ]);
  });
});

describe.each(DIALECTS)('members, on %s', (dialect) => {
  it('may in their project what their role may, in others and in the platform nothing', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    await people.projects.add(root, { id: 'ops' });
    for (const role of ROLES) {
      const user = await addUser(process, `one ${role}`);
      await people.members.put(root, 'ops', user.id, role);
      const { caller } = await browserOf(process, user);
      expect(caller).toMatchObject({ kind: 'user', isAdministrator: false, projects: ['ops'] });
      expect(caller.roleIn('ops')).toBe(role);
      expect(caller.roleIn('default')).toBeNull();
      for (const permission of PERMISSIONS) {
        const may = (PERMISSIONS_OF[role] as readonly string[]).includes(permission);
        expect([permission, caller.may(permission, 'ops')]).toEqual([permission, may]);
        for (const project of ['default', 'constructor', '', null])
          expect([permission, project, caller.may(permission, project)]).toEqual([
            permission,
            project,
            false,
          ]);
      }
      expect([...caller.permissionsIn('ops')].sort()).toEqual([...PERMISSIONS_OF[role]].sort());
      expect(caller.permissionsIn(null)).toEqual([]);
    }
    const admin = await addUser(process, 'boss', { isAdministrator: true });
    const { caller } = await browserOf(process, admin);
    expect(caller).toMatchObject({ isAdministrator: true, projects: 'all' });
    for (const permission of PERMISSIONS)
      expect(caller.may(permission, permission.startsWith('platform') ? null : 'ops')).toBe(true);
  });

  it('are made, changed and removed, at the next request of whoever it is', async () => {
    const process = await stage.process(dialect);
    const { people, root, told } = process;
    const ada = await addUser(process, 'ada');
    const { value } = await browserOf(process, ada);
    const now = async () => (await people.callers.ofSignIn(value, null))?.roleIn('default') ?? null;
    expect(await now()).toBeNull();
    await people.members.put(root, 'default', ada.id, 'admin');
    expect(await now()).toBe('admin');
    expect(told).toEqual([]);
    await people.members.put(root, 'default', ada.id, 'viewer');
    expect(await now()).toBe('viewer');
    expect(told).toEqual([{ what: 'access' }]);
    expect(await people.members.list('default')).toEqual([
      {
        ...{ userId: ada.id, name: 'ada', email: null, role: 'viewer', source: 'local' },
        ...{ createdAt: stage.now, isDisabled: false },
      },
    ]);
    expect(await people.members.of(ada.id)).toEqual([
      { project: 'default', name: 'Default', role: 'viewer', source: 'local' },
    ]);
    await people.members.remove(root, 'default', ada.id);
    expect(await now()).toBeNull();
    await expect(people.members.remove(root, 'default', ada.id)).rejects.toMatchObject(refused('unknown'));
    await expect(people.members.put(root, 'default', 'nobody', 'viewer')).rejects.toMatchObject(
      refused('unknown'),
    );
    await expect(people.members.put(root, 'nowhere', ada.id, 'viewer')).rejects.toMatchObject(
      refused('unknown'),
    );
    for (const role of ['owner', '', 'Admin', 'constructor'])
      await expect(people.members.put(root, 'default', ada.id, role)).rejects.toMatchObject(
        refused('invalid', 'role'),
      );
  });

  it('cannot be made to be more than who makes them, by a token that may change members alone', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    const [ada, bob] = [await addUser(process, 'ada'), await addUser(process, 'bob')];
    await people.members.put(root, 'default', ada.id, 'admin');
    const { text } = await people.apiTokens.make(root, {
      ...{ project: 'default', label: 'sync', permissions: ['fleet:read', 'members:read', 'members:write'] },
    });
    const token = await people.callers.ofToken(text, null);
    if (token === null) throw new Error('no token');
    await people.members.put(token, 'default', bob.id, 'viewer');
    const forbidden = refused('forbidden');
    await expect(people.members.put(token, 'default', bob.id, 'operator')).rejects.toMatchObject(forbidden);
    await expect(people.members.put(token, 'default', ada.id, 'viewer')).rejects.toMatchObject(forbidden);
    await expect(people.members.remove(token, 'default', ada.id)).rejects.toMatchObject(forbidden);
    expect((await people.members.list('default')).map(({ name, role }) => [name, role])).toEqual([
      ['ada', 'admin'],
      ['bob', 'viewer'],
    ]);
  });

  it('who leave are members no more, whatever they were', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    const ada = await addUser(process, 'ada');
    await people.members.put(root, 'default', ada.id, 'viewer');
    const { caller } = await browserOf(process, ada);
    await people.members.remove(caller, 'default', ada.id);
    expect(await people.members.list('default')).toEqual([]);
  });
});
