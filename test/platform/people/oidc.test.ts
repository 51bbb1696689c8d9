import { afterEach, describe, expect, it } from 'vitest';
import type { OidcPerson, User } from '../../../platform/people/index.js';
import { ATTEMPT_MS } from '../../../platform/people/oidc-attempts.js';
import { browserOf, DIALECTS, FROM, GOOD, mayPostgres, PeopleStage, type Process } from './stage.js';

const stage = new PeopleStage();
afterEach(() => stage.close());

const ISSUER = 'https://login.example';
const BY = { kind: 'oidc', id: ISSUER, name: 'login.example', address: '192.0.2.7' };
const person = (subject: string, more: Partial<OidcPerson> = {}): OidcPerson => ({
  ...{ issuer: ISSUER, subject, names: [subject], verifiedEmail: null, isAdministrator: null },
  roles: [{ project: 'default', role: 'viewer' }],
  ...more,
});
const arrive = async ({ people }: Process, who: OidcPerson): Promise<User> => {
  const user = await people.oidcUsers.arrive(BY, who);
  if (typeof user === 'string') throw new Error(user);
  return user;
};
/** Who may add and change users, and is no administrator. */
const accountsToken = async ({ people, root }: Process) => {
  const { text } = await people.apiTokens.make(root, {
    ...{ project: null, label: 'accounts', permissions: ['platform:write'] },
  });
  const caller = await people.callers.ofToken(text, null);
  if (caller === null) throw new Error('no such token');
  return caller;
};
const rolesOf = async ({ people }: Process, { id }: User) =>
  (await people.members.of(id)).map(({ project, role, source }) => `${project} ${role} ${source}`);

describe.each(DIALECTS)('a user who comes by a provider, on %s', (dialect) => {
  it('is made at first, and is the same for ever after, whatever he is called', async () => {
    const process = await stage.process(dialect);
    const ada = await arrive(process, person('1', { names: ['ada'], verifiedEmail: 'Ada@example.com' }));
    expect(ada).toMatchObject({
      ...{ name: 'ada', email: 'Ada@example.com', hasPassword: false, isAdministrator: false },
      oidc: { issuer: ISSUER, subject: '1' },
    });
    expect((await arrive(process, person('1', { names: ['admin'] }))).id).toBe(ada.id);
    const others = [
      person('2', { names: ['ADA'], verifiedEmail: 'ada@EXAMPLE.com' }),
      person('1', { issuer: 'https://other.example', names: ['ada'] }),
      person('3', { names: ['\u202e<b>', '\u0430da', 'ada@example.com'] }),
      person('4', { names: ['', '⛔'] }),
    ];
    const made = [];
    for (const other of others) made.push(await arrive(process, other));
    expect(made.map(({ name, email }) => [name, email])).toEqual([
      ['ADA 2', null],
      ['ada 3', null],
      ['ada example.com', null],
      ['user', null],
    ]);
    expect(new Set([ada, ...made].map(({ id }) => id)).size).toBe(5);
  });

  it('is not made without a role here', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    for (const roles of [[], [{ project: 'no-such', role: 'admin' as const }]]) {
      expect(await people.oidcUsers.arrive(BY, person('1', { roles }))).toBe('no-role');
      expect(await people.oidcUsers.arrive(BY, person('1', { roles, isAdministrator: false }))).toBe(
        'no-role',
      );
    }
    expect((await people.users.list({ limit: 10 })).items).toEqual([]);
    expect((await arrive(process, person('1', { roles: [], isAdministrator: true }))).isAdministrator).toBe(
      true,
    );
    await people.users.change(root, (await arrive(process, person('2'))).id, { isDisabled: true });
    expect(await people.oidcUsers.arrive(BY, person('2'))).toBe('disabled');
  });

  it('gets the roles of his groups, the higher of two, and loses those whose group is gone', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    for (const id of ['eu', 'us']) await people.projects.add(root, { id });
    const ada = await arrive(
      process,
      person('1', {
        roles: [
          { project: 'eu', role: 'admin' },
          { project: 'eu', role: 'viewer' },
          { project: 'default', role: 'operator' },
        ],
      }),
    );
    expect(await rolesOf(process, ada)).toEqual(['default operator oidc', 'eu admin oidc']);
    await people.members.put(root, 'us', ada.id, 'viewer');
    await people.members.put(root, 'default', ada.id, 'viewer');
    const { caller } = await browserOf(process, ada);
    process.told.length = 0;
    await arrive(process, person('1', { roles: [{ project: 'default', role: 'admin' }] }));
    // What somebody here has decided, no group changes.
    expect(await rolesOf(process, ada)).toEqual(['default viewer local', 'us viewer local']);
    await expect.poll(() => process.told).toContainEqual({ what: 'access' });
    expect((await people.callers.again(caller))?.may('fleet:read', 'eu')).toBe(false);
    const { items } = await people.audit.page({ project: 'eu', limit: 10 });
    expect(items.map(({ action, actor, target }) => [action, actor.kind, target])).toEqual([
      ['member.removed', 'oidc', ada.id],
      ['member.added', 'oidc', ada.id],
      ['project.added', 'local', 'eu'],
    ]);
  });

  it('is out when the last of his groups is gone', async () => {
    const process = await stage.process(dialect);
    const ada = await arrive(process, person('1'));
    expect(await process.people.oidcUsers.arrive(BY, person('1', { roles: [] }))).toBe('no-role');
    expect(await rolesOf(process, ada)).toEqual([]);
  });

  it('is an administrator as long as the provider says so, and the last one stays', async () => {
    const process = await stage.process(dialect);
    const { people } = process;
    const ada = await arrive(process, person('1', { isAdministrator: true }));
    expect((await arrive(process, person('1', { isAdministrator: null }))).isAdministrator).toBe(true);
    expect((await arrive(process, person('1', { isAdministrator: false }))).isAdministrator).toBe(true);
    await arrive(process, person('2', { isAdministrator: true }));
    expect((await arrive(process, person('1', { isAdministrator: false }))).isAdministrator).toBe(false);
    expect((await people.users.get(ada.id))?.isAdministrator).toBe(false);
  });

  it('does not close the set-up by being the first, unless as an administrator', async () => {
    const process = await stage.process(dialect);
    const { people } = process;
    const code = (await people.codes.makeSetUp()) ?? '';
    await arrive(process, person('1'));
    expect(await people.codes.makeSetUp()).toMatch(/^[\w-]{43}$/);
    const root = { name: 'Root', password: GOOD };
    expect(await people.codes.useSetUp(code, root, FROM)).toMatchObject({ isAdministrator: true });
    expect(await people.codes.makeSetUp()).toBeNull();
    const other = await stage.process(dialect);
    const early = (await other.people.codes.makeSetUp()) ?? '';
    await arrive(other, person('1', { isAdministrator: true }));
    expect(await other.people.codes.makeSetUp()).toBeNull();
    expect(await other.people.codes.useSetUp(early, root, FROM)).toBeNull();
  });

  it('becomes who was invited by the address that the provider has verified, once', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    const invited = await people.users.add(root, { name: 'Ada Lovelace', email: 'ada@example.com' });
    await people.members.put(root, 'default', invited.id, 'operator');
    const nobody = await people.oidcUsers.arrive(BY, person('1', { roles: [] }));
    expect(nobody).toBe('no-role');
    const ada = await arrive(process, person('1', { roles: [], verifiedEmail: 'ADA@example.com' }));
    expect(ada).toMatchObject({ id: invited.id, name: 'Ada Lovelace', oidc: { subject: '1' } });
    expect((await arrive(process, person('1', { roles: [] }))).id).toBe(ada.id);
    // The address has changed hands at the provider.
    const heir = await arrive(process, person('2', { verifiedEmail: 'ada@example.com' }));
    expect(heir.id).not.toBe(ada.id);
    const disabled = await people.users.add(root, { name: 'Bob', email: 'bob@example.com' });
    await people.users.change(root, disabled.id, { isDisabled: true });
    expect(
      await people.oidcUsers.arrive(BY, person('3', { roles: [], verifiedEmail: 'bob@example.com' })),
    ).toBe('no-role');
  });

  it('leaves nobody else in whom he was made by: neither by a password, nor a link, nor a sign-in from before', async () => {
    const process = await stage.process(dialect);
    const { people } = process;
    // Who may add users, but is no administrator, knows the password, and who the next administrator by the provider is.
    const mallory = await accountsToken(process);
    const trap = await people.users.add(mallory, { name: 'boss', email: 'boss@example.com', password: GOOD });
    const link = await people.codes.makeSignIn(mallory, trap.id);
    const { caller } = await browserOf(process, trap);
    const boss = await arrive(
      process,
      person('1', { verifiedEmail: 'boss@example.com', isAdministrator: true, roles: [] }),
    );
    expect(boss).toMatchObject({ id: trap.id, isAdministrator: true, hasPassword: false });
    expect(await people.signIns.withPassword('boss', GOOD, FROM)).toBeNull();
    expect(await people.signIns.withCode(link, FROM)).toBeNull();
    expect(await people.callers.again(caller)).toBeNull();
    await expect.poll(() => process.told).toContainEqual({ what: 'access' });
    // The same with somebody who is here already, and becomes more than those could make him.
    const ada = await arrive(process, person('2'));
    const other = await people.codes.makeSignIn(mallory, ada.id);
    const asAda = await people.signIns.withCode(other, FROM);
    const { caller: before } = await browserOf(process, ada);
    expect(asAda).not.toBeNull();
    await arrive(process, person('2', { isAdministrator: true }));
    expect(await people.callers.ofSignIn(asAda?.value ?? '', null)).toBeNull();
    expect(await people.callers.again(before)).toBeNull();
  });

  it('is no administrator for having the address of an account that somebody else made, and that became one', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    const mallory = await accountsToken(process);
    const trap = await people.users.add(mallory, { name: 'boss', email: 'mallory@example.com' });
    await people.users.change(root, trap.id, { isAdministrator: true });
    const came = person('666', { verifiedEmail: 'mallory@example.com' });
    for (const isAdministrator of [null, false])
      for (const roles of [[], came.roles])
        expect(await people.oidcUsers.arrive(BY, { ...came, isAdministrator, roles })).toBe(
          'of-administrator',
        );
    expect(await people.users.get(trap.id)).toMatchObject({ oidc: null, isAdministrator: true });
    // Nobody else is kept out by it, nor the one whom the settings name.
    expect(await arrive(process, person('1'))).toMatchObject({ isAdministrator: false });
    expect(await arrive(process, { ...came, isAdministrator: true, roles: [] })).toMatchObject({
      ...{ id: trap.id, oidc: { subject: '666' } },
    });
  });

  it('has the address that an administrator reads when he gives him more rights', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    const mallory = await accountsToken(process);
    const ada = await people.users.add(root, { name: 'ada', email: 'ada@example.com' });
    const forbidden = { reason: 'forbidden', field: 'email' };
    for (const email of ['mallory@example.com', null])
      await expect(people.users.change(mallory, ada.id, { email })).rejects.toMatchObject(forbidden);
    // Otherwise mallory would come, put the address back, and wait until `ada` is made an administrator.
    const came = person('666', { verifiedEmail: 'mallory@example.com' });
    expect((await arrive(process, came)).id).not.toBe(ada.id);
    await people.users.change(mallory, ada.id, { name: 'Ada L', email: 'ada@example.com' });
    await people.users.change(root, ada.id, { email: 'ada@example.org' });
    expect(await people.users.get(ada.id)).toMatchObject({ name: 'Ada L', email: 'ada@example.org' });
  });

  it('is one, however many of his browsers come at once', async () => {
    const process = await stage.process(dialect);
    const all = await Promise.all(Array.from({ length: 8 }, () => arrive(process, person('1'))));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
  });

  it('ends what he began, once, in that browser, within ten minutes', async () => {
    const process = await stage.process(dialect);
    const { oidcAttempts } = process.people;
    const attempt = (state: string) => ({
      ...{ state, browser: 'b', verifier: `v-${state}`, nonce: `n-${state}`, returnTo: '/' },
    });
    await oidcAttempts.begin(attempt('one'));
    await oidcAttempts.begin(attempt('two'));
    expect(await oidcAttempts.take('one', 'other')).toBeNull();
    expect(await oidcAttempts.take('on', 'eb')).toBeNull();
    const got = await Promise.all(Array.from({ length: 5 }, () => oidcAttempts.take('one', 'b')));
    expect(got.filter((one) => one !== null)).toEqual([{ verifier: 'v-one', nonce: 'n-one', returnTo: '/' }]);
    stage.now += ATTEMPT_MS + 1;
    expect(await oidcAttempts.take('two', 'b')).toBeNull();
    await oidcAttempts.begin(attempt('three'));
    await oidcAttempts.begin(attempt('four'));
    stage.now += ATTEMPT_MS + 1;
    await oidcAttempts.begin(attempt('five'));
    const rows = await process.store.tables.selectFrom('oidc_attempts').select('nonce').execute();
    expect(rows).toEqual([{ nonce: 'n-five' }]);
    const texts = JSON.stringify(
      await process.store.tables.selectFrom('oidc_attempts').selectAll().execute(),
    );
    expect(texts).not.toContain('"five"');
  });

  it('has room beside ten thousand strangers who only begin', async () => {
    const process = await stage.process(dialect);
    const many = Array.from({ length: 10_000 }, (_, i) => ({
      ...{ hash: `${i}`, verifier: '', nonce: '', return_to: '', created_at: stage.now - 60_000 + i },
    }));
    for (let at = 0; at < many.length; at += 1_000)
      await process.store.write((tables) =>
        tables
          .insertInto('oidc_attempts')
          .values(many.slice(at, at + 1_000))
          .execute(),
      );
    await process.people.oidcAttempts.begin({
      ...{ state: 's', browser: 'b', verifier: 'v', nonce: 'n', returnTo: '/' },
    });
    const { count } = await process.store.tables
      .selectFrom('oidc_attempts')
      .select(({ fn }) => fn.countAll().as('count'))
      .executeTakeFirstOrThrow();
    expect(Number(count)).toBe(10_000);
    expect(await process.people.oidcAttempts.take('s', 'b')).not.toBeNull();
  });
});

describe.runIf(mayPostgres)('several processes of one platform', () => {
  it('keep one of two administrators whom the provider takes it from at the same time', async () => {
    const [one, other = one] = await stage.processes(2);
    for (let round = 0; round < 5; round += 1) {
      for (const subject of ['1', '2']) await arrive(one, person(subject, { isAdministrator: true }));
      await Promise.all([
        arrive(one, person('1', { isAdministrator: false })),
        arrive(other, person('2', { isAdministrator: false })),
      ]);
      const { items } = await one.people.users.list({ limit: 10 });
      expect(items.filter(({ isAdministrator }) => isAdministrator)).toHaveLength(1);
    }
  });

  it('make one user of one person, and end an attempt that another began', async () => {
    const processes = await stage.processes(3);
    const all = await Promise.all([...processes, ...processes].map((one) => arrive(one, person('1'))));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    await processes[0].people.oidcAttempts.begin({
      ...{ state: 's', browser: 'b', verifier: 'v', nonce: 'n', returnTo: '/secrets' },
    });
    const got = await Promise.all(processes.map(({ people }) => people.oidcAttempts.take('s', 'b')));
    expect(got.filter((one) => one !== null)).toHaveLength(1);
  });
});
