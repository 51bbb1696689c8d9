import { afterEach, describe, expect, it } from 'vitest';
import { addUser, browserOf, DIALECTS, FROM, GOOD, mayPostgres, PeopleStage, type Process } from './stage.js';

const stage = new PeopleStage();
afterEach(() => stage.close());

const refused = (reason: string, field: string | null = null) => ({ name: 'PeopleError', reason, field });

/** Who may add and change users, and is no administrator. */
async function accountsToken({ people, root }: Process) {
  const { text } = await people.apiTokens.make(root, {
    ...{ project: null, label: 'accounts', permissions: ['platform:read', 'platform:write'] },
  });
  const caller = await people.callers.ofToken(text, null);
  if (caller === null) throw new Error('no token');
  return caller;
}

describe.each(DIALECTS)('users, on %s', (dialect) => {
  it('are listed by name, page by page, and found by a part of a name or an address', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    for (const name of ['Zoë', 'ada', 'Émile', 'Bob 10', 'snake_case', 'Bob 9', 'Γιώργος'])
      await people.users.add(root, { name, email: `${name.length}.${name.charCodeAt(0)}@Example.org` });
    const names: string[] = [];
    for (let after: string | null = null; ; ) {
      const page = await people.users.list({ limit: 2, after });
      names.push(...page.items.map(({ name }) => name));
      after = page.next;
      if (after === null) break;
      expect(page.items).toHaveLength(2);
    }
    expect(names).toEqual(['ada', 'Bob 10', 'Bob 9', 'snake_case', 'Zoë', 'Émile', 'Γιώργος']);
    const found = async (search: string) =>
      (await people.users.list({ limit: 9, search })).items.map(({ name }) => name);
    expect(await found('BOB')).toEqual(['Bob 10', 'Bob 9']);
    expect(await found('ÏRGOS')).toEqual([]);
    expect(await found('ώΡΓΟ')).toEqual(['Γιώργος']);
    expect(await found('.97@example')).toEqual(['ada']);
    // What stands for any text in SQL stands for itself here.
    expect(await found('%')).toEqual([]);
    expect(await found('_')).toEqual(['snake_case']);
    const first = await people.users.list({ limit: 4, search: '@example.org' });
    const rest = await people.users.list({ limit: 4, search: '@example.org', after: first.next });
    expect([...first.items, ...rest.items].map(({ name }) => name)).toEqual(names);
    expect(rest.next).toBeNull();
  });

  it('have names that differ, whatever their case, width and composition', async () => {
    const { people, root } = await stage.process(dialect);
    await people.users.add(root, { name: 'Zoë Bell', email: 'zoe@example.org' });
    for (const name of ['zoë bell', 'ZOË  BELL', 'Zoe\u0308 Bell', 'Ｚoë Bell'])
      await expect(people.users.add(root, { name })).rejects.toMatchObject(refused('taken', 'name'));
    await expect(people.users.add(root, { name: 'other', email: 'ZOE@example.ORG' })).rejects.toMatchObject(
      refused('taken', 'email'),
    );
    const other = await people.users.add(root, { name: 'other' });
    await expect(people.users.change(root, other.id, { name: 'ZOË bell' })).rejects.toMatchObject(
      refused('taken', 'name'),
    );
    await expect(people.users.change(root, other.id, { email: 'Zoe@example.org' })).rejects.toMatchObject(
      refused('taken', 'email'),
    );
    // One's own name in another case is no other's.
    expect(
      await people.users.change(root, other.id, { name: 'OTHER', email: 'o@example.org' }),
    ).toMatchObject({
      ...{ name: 'OTHER', email: 'o@example.org' },
    });
  });

  it('cannot sign in while they are disabled, and are out at once', async () => {
    const process = await stage.process(dialect);
    const { people, root, told } = process;
    const ada = await addUser(process, 'ada', { password: GOOD });
    const { value, caller } = await browserOf(process, ada);
    const code = await people.codes.makeSignIn(root, ada.id);
    await people.users.change(root, ada.id, { isDisabled: true });
    expect(told).toContainEqual({ what: 'access' });
    expect(await people.callers.ofSignIn(value, null)).toBeNull();
    expect(await people.callers.again(caller)).toBeNull();
    expect(await people.signIns.withPassword('ada', GOOD, FROM)).toBeNull();
    expect(await people.signIns.withCode(code, FROM)).toBeNull();
    expect(await people.signIns.begin(ada.id, 'oidc', FROM)).toBeNull();
    await expect(people.codes.makeSignIn(root, ada.id)).rejects.toMatchObject(refused('forbidden'));
    await people.users.change(root, ada.id, { isDisabled: false });
    // What was ended stays so.
    expect(await people.callers.ofSignIn(value, null)).toBeNull();
    expect(await people.signIns.withPassword('ada', GOOD, FROM)).not.toBeNull();
  });

  it('are signed out by a new password, but for the browser that chose it', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    const ada = await addUser(process, 'ada', { password: GOOD });
    const [here, there] = [await browserOf(process, ada), await browserOf(process, ada)];
    const code = await people.codes.makeSignIn(root, ada.id);
    expect(await people.passwordChanges.change(here.caller, 'not that one', 'four dry camels')).toBe(false);
    expect(await people.passwordChanges.change(here.caller, null, 'four dry camels')).toBe(false);
    expect(await people.passwordChanges.change(here.caller, GOOD, 'four dry camels')).toBe(true);
    expect(await people.callers.ofSignIn(here.value, null)).not.toBeNull();
    expect(await people.callers.ofSignIn(there.value, null)).toBeNull();
    expect(await people.signIns.withCode(code, FROM)).toBeNull();
    expect(await people.signIns.withPassword('ada', GOOD, FROM)).toBeNull();
    expect(await people.signIns.withPassword('ada', 'four dry camels', FROM)).not.toBeNull();
  });

  it('choose a password without the one before when they come by a link, for a while', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    const ada = await addUser(process, 'ada', { password: GOOD });
    const byLink = async () => {
      const signedIn = await people.signIns.withCode(await people.codes.makeSignIn(root, ada.id), FROM);
      const caller = await people.callers.ofSignIn(signedIn?.value ?? '', null);
      if (caller === null) throw new Error('not let in');
      return caller;
    };
    expect(await people.passwordChanges.change(await byLink(), null, 'four dry camels')).toBe(true);
    const late = await byLink();
    stage.now += 15 * 60_000;
    expect(await people.passwordChanges.change(late, null, 'five old donkeys')).toBe(false);
  });

  it('of a provider get no password of their own, which would outlive their account there', async () => {
    const process = await stage.process(dialect);
    const { people, store } = process;
    const ada = await addUser(process, 'ada');
    await store.tables
      .updateTable('users')
      .set({ oidc_issuer: 'https://id.test', oidc_subject: '7' })
      .execute();
    const { caller } = await browserOf(process, ada);
    await expect(people.passwordChanges.change(caller, null, GOOD)).rejects.toMatchObject(
      refused('forbidden'),
    );
  });

  it('always have an administrator, once they had one', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    const ada = await addUser(process, 'ada', { isAdministrator: true });
    const last = refused('last-administrator');
    const changes = [
      { isAdministrator: false },
      { isDisabled: true },
      { isAdministrator: false, isDisabled: true },
    ];
    for (const change of changes)
      await expect(people.users.change(root, ada.id, change)).rejects.toMatchObject(last);
    await expect(people.users.remove(root, ada.id)).rejects.toMatchObject(last);
    // One who is disabled is none.
    const grace = await addUser(process, 'grace', { isAdministrator: true });
    await people.users.change(root, grace.id, { isDisabled: true });
    await expect(people.users.remove(root, ada.id)).rejects.toMatchObject(last);
    await people.users.change(root, grace.id, { isDisabled: false });
    await people.users.remove(root, ada.id);
    await expect(people.users.change(root, grace.id, { isAdministrator: false })).rejects.toMatchObject(last);
    expect((await people.users.list({ limit: 9 })).items.map(({ name }) => name)).toEqual(['grace']);
  });

  it('are made by nobody who was put out while the password was hashed', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    await addUser(process, 'root', { isAdministrator: true });
    const ada = await addUser(process, 'ada', { isAdministrator: true });
    const { text, token } = await people.apiTokens.make(root, {
      ...{ project: null, label: 'accounts', permissions: ['platform:write'] },
    });
    const callers = [(await browserOf(process, ada)).caller, await people.callers.ofToken(text, null)];
    const added = callers.map((caller, at) =>
      people.users.add(caller ?? root, { name: `late ${at}`, password: GOOD }),
    );
    const results = Promise.allSettled(added);
    await people.users.change(root, ada.id, { isAdministrator: false });
    await people.apiTokens.revoke(root, null, token.id);
    const lost = { status: 'rejected', reason: expect.objectContaining({ reason: 'forbidden' }) };
    expect(await results).toEqual([lost, lost]);
    expect(await people.users.byNameOrEmail('late 0')).toBeNull();
  });

  it('who are no administrators make none, and change none', async () => {
    const process = await stage.process(dialect);
    const { people } = process;
    const ada = await addUser(process, 'ada', { isAdministrator: true });
    const token = await accountsToken(process);
    const forbidden = refused('forbidden');
    await expect(people.users.add(token, { name: 'x', isAdministrator: true })).rejects.toMatchObject(
      forbidden,
    );
    const bob = await people.users.add(token, { name: 'bob' });
    await expect(people.users.change(token, bob.id, { isAdministrator: true })).rejects.toMatchObject(
      forbidden,
    );
    for (const change of [
      { email: 'me@evil.test' },
      { name: 'eve' },
      { isDisabled: true },
      { isAdministrator: false },
    ])
      await expect(people.users.change(token, ada.id, change)).rejects.toMatchObject({ name: 'PeopleError' });
    await addUser(process, 'grace', { isAdministrator: true });
    await expect(people.users.change(token, ada.id, { isDisabled: true })).rejects.toMatchObject(forbidden);
    await expect(people.users.remove(token, ada.id)).rejects.toMatchObject(forbidden);
    await expect(people.codes.makeSignIn(token, ada.id)).rejects.toMatchObject(forbidden);
    const { caller } = await browserOf(process, ada);
    await expect(people.signIns.endOthers(token, ada.id, null)).rejects.toMatchObject(forbidden);
    await expect(people.signIns.end(token, ada.id, caller.signInId ?? '')).rejects.toMatchObject(forbidden);
    expect(await people.callers.again(caller)).not.toBeNull();
    expect(await people.signIns.endOthers(token, bob.id, null)).toBe(0);
    expect(await people.users.get(ada.id)).toMatchObject({
      name: 'ada',
      isAdministrator: true,
      hasPassword: false,
    });
  });

  it('who become administrators are left with no way in that somebody else may have', async () => {
    const process = await stage.process(dialect);
    const { people, root, told } = process;
    const bob = await addUser(process, 'bob', { password: GOOD });
    const { value } = await browserOf(process, bob);
    const code = await people.codes.makeSignIn(root, bob.id);
    const promoted = await people.users.change(root, bob.id, { isAdministrator: true });
    expect(promoted).toMatchObject({ isAdministrator: true, hasPassword: false });
    expect(told).toContainEqual({ what: 'access' });
    expect(await people.callers.ofSignIn(value, null)).toBeNull();
    expect(await people.signIns.withCode(code, FROM)).toBeNull();
    expect(await people.signIns.withPassword('bob', GOOD, FROM)).toBeNull();
    // A link of an administrator's is his way in, and what he chooses then stays.
    const link = await people.codes.makeSignIn(root, bob.id);
    const came = await people.signIns.withCode(link, FROM);
    const caller = await people.callers.ofSignIn(came?.value ?? '', null);
    expect(await people.passwordChanges.change(caller ?? root, null, GOOD)).toBe(true);
    await people.users.change(root, bob.id, { isAdministrator: true, email: 'bob@example.org' });
    expect(await people.signIns.withPassword('bob', GOOD, FROM)).not.toBeNull();
  });

  it('choose no password by a sign-in that ended while it was hashed', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    await addUser(process, 'root', { isAdministrator: true });
    const mallory = await accountsToken(process);
    const ends = [{ isAdministrator: true }, { isDisabled: true }];
    for (const [at, change] of ends.entries()) {
      const { id } = await addUser(process, `user ${at}`);
      // Whoever may make links has one for whom nobody has given a password yet.
      const link = await people.codes.makeSignIn(mallory, id);
      const value = (await people.signIns.withCode(link, FROM))?.value ?? '';
      const caller = await people.callers.ofSignIn(value, null);
      const chosen = people.passwordChanges.change(caller ?? root, null, GOOD);
      const result = expect(chosen).rejects.toMatchObject(refused('forbidden'));
      await people.users.change(root, id, change);
      await result;
      expect(await people.users.get(id)).toMatchObject({ hasPassword: false });
    }
  });

  it('that are not there are not changed', async () => {
    const { people, root } = await stage.process(dialect);
    const unknown = refused('unknown');
    await expect(people.users.change(root, 'nobody', { name: 'x' })).rejects.toMatchObject(unknown);
    await expect(people.users.remove(root, 'nobody')).rejects.toMatchObject(unknown);
    const nobody = { ...root, id: 'nobody' } as typeof root;
    await expect(people.passwordChanges.change(nobody, null, GOOD)).rejects.toMatchObject(unknown);
    await expect(people.codes.makeSignIn(root, 'nobody')).rejects.toMatchObject(unknown);
    expect(await people.users.get('nobody')).toBeNull();
  });
});

describe.runIf(mayPostgres)('of two processes on one database', () => {
  const demoting = (process: Process, id: string) =>
    process.people.users.change(process.root, id, { isAdministrator: false });

  it('that demote two administrators at once, one does', async () => {
    const [one, two] = (await stage.processes(2)) as [Process, Process];
    for (let round = 0; round < 10; round += 1) {
      const [ada, grace] = await Promise.all(
        ['ada', 'grace'].map((name) => addUser(one, `${name}${round}`, { isAdministrator: true })),
      );
      if (round === 0) expect(await one.people.users.hasAdministrator()).toBe(true);
      const others = (await one.people.users.list({ limit: 99 })).items.filter(
        ({ id, isAdministrator }) => isAdministrator && id !== ada?.id && id !== grace?.id,
      );
      for (const { id } of others) await demoting(one, id);
      const results = await Promise.allSettled([
        demoting(one, ada?.id ?? ''),
        demoting(two, grace?.id ?? ''),
      ]);
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      for (const result of results)
        if (result.status === 'rejected')
          expect(result.reason).toMatchObject({ reason: 'last-administrator' });
    }
  });

  it('that give two users one name at once, one does, and the other hears that it is taken', async () => {
    const [one, two] = (await stage.processes(2)) as [Process, Process];
    const [ada, grace] = [await addUser(one, 'ada'), await addUser(one, 'grace')];
    for (let round = 0; round < 10; round += 1) {
      const name = `name ${round}`;
      const results = await Promise.allSettled([
        one.people.users.change(one.root, ada.id, { name }),
        two.people.users.change(two.root, grace.id, { name }),
      ]);
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toMatchObject(refused('taken', 'name'));
    }
    const made = await Promise.allSettled(
      [one, two, one, two].map(({ people, root }) => people.users.add(root, { name: 'new one' })),
    );
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('that make the first user at once, one does', async () => {
    const processes = await stage.processes(3);
    const codes = await Promise.all(processes.map(({ people }) => people.codes.makeSetUp()));
    const made = await Promise.all([
      ...processes.map(({ people }, index) =>
        people.codes.useSetUp(codes[index] ?? '', { name: `by code ${index}`, password: GOOD }, FROM),
      ),
      ...processes.map(({ people, root }, index) =>
        people.users.addFirst(root, { name: `by option ${index}` }),
      ),
    ]);
    expect(made.filter((user) => user !== null)).toEqual([
      expect.objectContaining({ isAdministrator: true }),
    ]);
    const [{ people, store }] = processes;
    expect((await people.users.list({ limit: 9 })).items).toHaveLength(1);
    expect(await store.tables.selectFrom('one_time_codes').selectAll().execute()).toEqual([]);
    expect(await people.codes.makeSetUp()).toBeNull();
  });

  it('a user who is put out at one is out at the other, and its streams are told', async () => {
    const [one, two] = (await stage.processes(2)) as [Process, Process];
    const ada = await addUser(one, 'ada');
    const { value } = await browserOf(one, ada);
    expect(await two.people.callers.ofSignIn(value, null)).not.toBeNull();
    await one.people.users.change(one.root, ada.id, { isDisabled: true });
    expect(await two.people.callers.ofSignIn(value, null)).toBeNull();
    await expect.poll(() => two.told).toContainEqual({ what: 'access' });
  });
});
