import { afterEach, describe, expect, it } from 'vitest';
import { sweep } from '../../../platform/store/sweep.js';
import {
  addUser,
  browserOf,
  DIALECTS,
  FROM,
  GOOD,
  mayPostgres,
  NO_LIMITS,
  PeopleStage,
  type Process,
  settled,
} from './stage.js';

const stage = new PeopleStage();
afterEach(() => stage.close());

const HOUR = 3_600_000;

describe.each(DIALECTS)('a sign-in, on %s', (dialect) => {
  it('comes from a name or an e-mail address, and the password', { timeout: 120_000 }, async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    const ada = await people.users.add(root, {
      name: 'Ada Lovelace',
      email: 'Ada@Example.org',
      password: GOOD,
    });
    for (const name of ['Ada Lovelace', ' ada  LOVELACE ', 'ADA@example.ORG']) {
      const signedIn = await people.signIns.withPassword(name, GOOD, FROM);
      expect(signedIn?.user).toMatchObject({ id: ada.id, lastSignInAt: stage.now });
      expect(await people.callers.ofSignIn(signedIn?.value ?? '', FROM.address)).toMatchObject({
        ...{ kind: 'user', id: ada.id, name: 'Ada Lovelace', isAdministrator: false, projects: [] },
        ...{ address: FROM.address, signInId: signedIn?.signIn.id },
      });
    }
    for (const [name, password] of [
      ['Ada Lovelace', `${GOOD}!`],
      ['Ada Lovelace', ''],
      ['Ada', GOOD],
      ['', GOOD],
      ['x'.repeat(1_000_000), 'y'.repeat(1_000_000)],
    ] as const)
      expect(await people.signIns.withPassword(name, password, FROM)).toBeNull();
    expect(await people.signIns.list(ada.id)).toHaveLength(3);
  });

  it('ends when nobody used it for half a day, whatever its live streams do', async () => {
    const process = await stage.process(dialect);
    const { people } = process;
    const { value, caller } = await browserOf(process, await addUser(process, 'ada'));
    for (let hours = 0; hours < 12; hours += 1) {
      expect(await people.callers.again(caller)).toMatchObject({ name: 'ada' });
      await settled(process);
      stage.now += HOUR;
    }
    expect(await people.callers.again(caller)).toBeNull();
    expect(await people.callers.ofSignIn(value, null)).toBeNull();
  });

  it('ends when nobody used it for half a day, and after a week', async () => {
    const process = await stage.process(dialect);
    const { people } = process;
    const { value } = await browserOf(process, await addUser(process, 'ada'));
    const isIn = async () => (await people.callers.ofSignIn(value, null)) !== null;
    for (let hours = 0; hours < 7 * 24; hours += 11) {
      expect(await isIn()).toBe(true);
      await settled(process);
      stage.now += 11 * HOUR;
    }
    expect(await isIn()).toBe(false);
    const { value: idle } = await browserOf(process, await addUser(process, 'grace'));
    stage.now += 12 * HOUR;
    expect(await people.callers.ofSignIn(idle, null)).toBeNull();
  });

  it('is one of twenty that a user has at most: one more ends the oldest', async () => {
    const process = await stage.process(dialect);
    const { people } = process;
    const ada = await addUser(process, 'ada');
    const browsers = [];
    for (let number = 0; number < 22; number += 1) {
      browsers.push(await browserOf(process, ada));
      stage.now += 1_000;
    }
    const others = await browserOf(process, await addUser(process, 'grace'));
    const left = await people.signIns.list(ada.id);
    expect(left.map(({ id }) => id)).toEqual(
      browsers
        .slice(2)
        .map(({ caller }) => caller.signInId)
        .reverse(),
    );
    expect(left[0]).toEqual({
      ...{ id: expect.any(String), way: 'oidc', createdAt: stage.now - 1_000, seenAt: stage.now - 1_000 },
      ...{ expiresAt: stage.now - 1_000 + 7 * 24 * HOUR, address: FROM.address, agent: FROM.agent },
    });
    expect(await people.callers.ofSignIn(browsers[1]?.value ?? '', null)).toBeNull();
    expect(await people.callers.ofSignIn(browsers[2]?.value ?? '', null)).not.toBeNull();
    expect(await people.callers.ofSignIn(others.value, null)).not.toBeNull();
  });

  it('asks the database the same for a name that nobody has as for one from here: how long it takes tells nothing', async () => {
    const process = await stage.process(dialect);
    const { people } = process;
    const ada = await addUser(process, 'ada');
    await browserOf(process, ada);
    const asked: number[] = [];
    for (const [name, knows] of [
      ['ada', true],
      ['nobody', false],
      ['nobody@example.org', false],
      ['x'.repeat(1_000), false],
    ] as const) {
      const before = process.statements;
      expect([name, await people.signIns.knows(name, FROM.address)]).toEqual([name, knows]);
      asked.push(process.statements - before);
    }
    expect(asked).toEqual([1, 1, 1, 1]);
    expect(await people.signIns.knows('ada', '198.51.100.1')).toBe(false);
  });

  it('ends when somebody ends it, alone or with all others', async () => {
    const process = await stage.process(dialect);
    const { people, told } = process;
    const ada = await addUser(process, 'ada');
    const [one, two, three] = [
      await browserOf(process, ada),
      await browserOf(process, ada),
      await browserOf(process, ada),
    ];
    const grace = await browserOf(process, await addUser(process, 'grace'));
    const isIn = async ({ value }: { value: string }) =>
      (await people.callers.ofSignIn(value, null)) !== null;
    // Nobody ends another's by its id.
    expect(await people.signIns.end(grace.caller, grace.caller.id, one.caller.signInId ?? '')).toBe(false);
    expect(await isIn(one)).toBe(true);
    expect(told).toEqual([]);
    expect(await people.signIns.end(one.caller, ada.id, two.caller.signInId ?? '')).toBe(true);
    expect(await isIn(two)).toBe(false);
    expect(told).toEqual([{ what: 'access' }]);
    expect(await people.signIns.endOthers(one.caller, ada.id, one.caller.signInId)).toBe(1);
    expect([await isIn(one), await isIn(three), await isIn(grace)]).toEqual([true, false, true]);
    expect(await people.signIns.end(one.caller, ada.id, one.caller.signInId ?? '')).toBe(true);
    expect(await isIn(one)).toBe(false);
  });

  it('is not prolonged by a clock that was ahead when it began, or is set back', async () => {
    const process = await stage.process(dialect);
    const { people, store } = process;
    const ada = await addUser(process, 'ada');
    const right = stage.now;
    stage.now = right + 365 * 24 * HOUR;
    const ahead = await browserOf(process, ada);
    const code = await people.codes.makeSignIn(process.root, ada.id);
    stage.now = right;
    expect(await people.callers.ofSignIn(ahead.value, null)).toBeNull();
    expect(await people.signIns.withCode(code, FROM)).toBeNull();
    // Used while the clock was ahead: what counts is when it was used since.
    const { value } = await browserOf(process, ada);
    await store.tables
      .updateTable('sign_ins')
      .set({ seen_at: right + 24 * HOUR })
      .where('way', '=', 'oidc')
      .execute();
    expect(await people.callers.ofSignIn(value, null)).not.toBeNull();
    await settled(process);
    stage.now = right + 12 * HOUR;
    expect(await people.callers.ofSignIn(value, null)).toBeNull();
  });

  it('knows nobody by what is no value of ours, whatever its form', async () => {
    const process = await stage.process(dialect);
    const { people, store } = process;
    const { value } = await browserOf(process, await addUser(process, 'ada'));
    const [{ hash } = { hash: '' }] = await store.tables.selectFrom('sign_ins').select('hash').execute();
    expect(hash).not.toContain(value);
    for (const wrong of [
      '',
      hash,
      `${value}=`,
      ` ${value}`,
      value.slice(1),
      `${value}A`,
      '%',
      'A'.repeat(43),
      'x'.repeat(1_000_000),
    ])
      expect(await people.callers.ofSignIn(wrong, null)).toBeNull();
  });

  it('remembers where its user came from, of the last twenty places', async () => {
    const process = await stage.process(dialect);
    const { people, store } = process;
    const ada = await addUser(process, 'ada');
    for (let number = 1; number <= 22; number += 1) {
      await people.signIns.begin(ada.id, 'oidc', { address: `192.0.2.${number}`, agent: 'x'.repeat(10_000) });
      stage.now += 1;
    }
    expect(await people.signIns.knows('ADA', '192.0.2.22')).toBe(true);
    expect(await people.signIns.knows('ada', '192.0.2.2')).toBe(false);
    expect(await people.signIns.knows('ada', '198.51.100.1')).toBe(false);
    expect(await people.signIns.knows('nobody', '192.0.2.22')).toBe(false);
    // A machine takes a new address of its network each day.
    await people.signIns.begin(ada.id, 'oidc', { address: '2001:db8:0:1::7', agent: 'x'.repeat(10_000) });
    expect(await people.signIns.knows('ada', '2001:db8:0:1:aaaa::1')).toBe(true);
    expect(await people.signIns.knows('ada', '2001:db8:0:2::7')).toBe(false);
    expect(await store.tables.selectFrom('known_addresses').select('address').execute()).toHaveLength(20);
    for (const { agent } of await people.signIns.list(ada.id)) expect(agent).toHaveLength(200);
  });

  it('and codes that have ended are swept away', async () => {
    const process = await stage.process(dialect);
    const { people, root, store } = process;
    const ada = await addUser(process, 'ada');
    await browserOf(process, ada);
    await people.codes.makeSignIn(root, ada.id);
    stage.now += 6 * 24 * HOUR;
    const { value } = await browserOf(process, ada);
    stage.now += 2 * 24 * HOUR;
    for await (const _step of sweep(store.database, { ...NO_LIMITS, now: stage.now }));
    expect(await store.tables.selectFrom('sign_ins').select('hash').execute()).toHaveLength(1);
    expect(await store.tables.selectFrom('one_time_codes').select('hash').execute()).toEqual([]);
    // It was not used for half a day.
    expect(await people.callers.ofSignIn(value, null)).toBeNull();
  });
});

describe.each(DIALECTS)('a one-time code, on %s', (dialect) => {
  it('signs one user in, once, for a quarter of an hour', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    const ada = await addUser(process, 'ada');
    const code = await people.codes.makeSignIn(root, ada.id);
    const used = await Promise.all(Array.from({ length: 5 }, () => people.signIns.withCode(code, FROM)));
    const [signedIn] = used.filter((one) => one !== null);
    expect(used.filter((one) => one !== null)).toHaveLength(1);
    expect(signedIn).toMatchObject({ user: { id: ada.id }, signIn: { way: 'code' } });
    const late = await people.codes.makeSignIn(root, ada.id);
    stage.now += 15 * 60_000;
    expect(await people.signIns.withCode(late, FROM)).toBeNull();
    for (const wrong of ['', 'A'.repeat(43), 'x'.repeat(1_000_000)])
      expect(await people.signIns.withCode(wrong, FROM)).toBeNull();
  });

  it('is one of five that a user has at most', async () => {
    const process = await stage.process(dialect);
    const { people, root } = process;
    const ada = await addUser(process, 'ada');
    const codes = [];
    for (let number = 0; number < 6; number += 1) {
      codes.push(await people.codes.makeSignIn(root, ada.id));
      stage.now += 1;
    }
    expect(await people.signIns.withCode(codes[0] ?? '', FROM)).toBeNull();
    expect(await people.signIns.withCode(codes[1] ?? '', FROM)).not.toBeNull();
  });

  it('for the set-up makes the first user, an administrator, once, and only while there is none', async () => {
    const { people } = await stage.process(dialect);
    const code = (await people.codes.makeSetUp()) ?? '';
    const spare = (await people.codes.makeSetUp()) ?? '';
    // It is no code for anything else, and a name or password that is refused costs nothing.
    expect(await people.signIns.withCode(code, FROM)).toBeNull();
    const first = { name: 'ada', password: GOOD };
    await expect(people.codes.useSetUp(code, { ...first, password: 'short' }, FROM)).rejects.toThrow();
    await expect(people.codes.useSetUp(code, { ...first, name: '' }, FROM)).rejects.toThrow();
    expect(await people.codes.useSetUp('A'.repeat(43), first, FROM)).toBeNull();
    expect(await people.codes.useSetUp(code, first, FROM)).toMatchObject({
      name: 'ada',
      isAdministrator: true,
    });
    expect(await people.codes.useSetUp(code, { ...first, name: 'eve' }, FROM)).toBeNull();
    expect(await people.codes.useSetUp(spare, { ...first, name: 'eve' }, FROM)).toBeNull();
    expect(await people.codes.makeSetUp()).toBeNull();
    expect(await people.signIns.withPassword('ada', GOOD, FROM)).not.toBeNull();
  });

  it('for the set-up ends after a day', async () => {
    const { people } = await stage.process(dialect);
    const code = (await people.codes.makeSetUp()) ?? '';
    stage.now += 24 * HOUR;
    expect(await people.codes.useSetUp(code, { name: 'ada', password: GOOD }, FROM)).toBeNull();
  });
});

describe.runIf(mayPostgres)('of two processes on one database', () => {
  it('one lets a code in that both are shown', async () => {
    const [one, two] = (await stage.processes(2)) as [Process, Process];
    const ada = await addUser(one, 'ada');
    for (let round = 0; round < 10; round += 1) {
      const code = await one.people.codes.makeSignIn(one.root, ada.id);
      const used = await Promise.all([one, two].map(({ people }) => people.signIns.withCode(code, FROM)));
      expect(used.filter((signedIn) => signedIn !== null)).toHaveLength(1);
    }
  });

  it('an old password signs nobody in while the other changes it', async () => {
    const [one, two] = (await stage.processes(2)) as [Process, Process];
    const ada = await addUser(one, 'ada', { password: GOOD });
    const { caller } = await browserOf(one, ada);
    const [, signedIn] = await Promise.all([
      one.people.passwordChanges.change(caller, GOOD, 'four dry camels'),
      two.people.signIns.withPassword('ada', GOOD, FROM),
    ]);
    // It came before the change, and was ended by it, or after it.
    const value = signedIn?.value ?? '';
    expect(await two.people.callers.ofSignIn(value, null)).toBeNull();
    expect((await two.people.signIns.list(ada.id)).map(({ id }) => id)).toEqual([caller.signInId]);
  });
});
