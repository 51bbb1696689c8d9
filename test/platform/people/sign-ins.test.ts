import { afterEach, describe, expect, it } from 'vitest';
import { addUser, browserOf, DIALECTS, FROM, GOOD, PeopleStage, settled } from './stage.js';

const stage = new PeopleStage();
afterEach(() => stage.close());

const HOUR = 3_600_000;

describe.each(DIALECTS)('a sign-in, on %s', (dialect) => {
  it('comes from a name or an e-mail address, and the password', async () => {
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
});
