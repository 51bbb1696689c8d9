import { afterEach, describe, expect, it } from 'vitest';
import { assertGoodPassword, Passwords } from '../../../platform/people/passwords.js';
import { FROM, GOOD, PeopleStage } from './stage.js';

const stage = new PeopleStage();
afterEach(() => stage.close());

const MATCH = '$scrypt$ln=15,r=8,p=3$';

describe('a password', () => {
  it('may be anything of 10 to 200 characters that is hard to guess', () => {
    for (const password of [
      GOOD,
      'x7!kw0#zPq',
      'ñandú ñoño 😀',
      'correct horse battery stapler',
      'ab12c'.repeat(40),
      '     a z b y c',
      '😀🎉🚀🌍🐙🦊🐢🦄🍀🎈',
    ])
      expect(() => assertGoodPassword(password.slice(0, 200), ['ada'])).not.toThrow();
  });

  it.each([
    ...[
      '',
      'short',
      'nine char',
      'x'.repeat(201),
      `${'ab12c'.repeat(40)}!`,
      'abc12'.repeat(2_000_000),
      'aaaaaaaaaa',
      'abababababab',
    ],
    ...[
      'password1234',
      'Password123!',
      'PASSWORT2026',
      'p.a.s.s.w.o.r.d.!',
      'Ｐassword1234',
      'qwertyuiop',
      '1234567890',
      '0987654321',
    ],
    ...[
      'abcdefghij',
      'administrator1',
      'changeme2026!',
      'correct horse battery staple',
      'ada lovelace',
      'AdaLovelace1843',
      'ada.lovelace@example.org',
    ],
  ])('may not be %j', (password) => {
    expect(() => assertGoodPassword(password, ['Ada Lovelace', 'ada.lovelace@example.org'])).toThrow(
      expect.objectContaining({ reason: 'invalid', field: 'password' }),
    );
  });

  it('is the same password however its letters are composed', async () => {
    const passwords = new Passwords();
    const hash = await passwords.hash('ñandú ñoño');
    expect(await passwords.matches('n\u0303andu\u0301 n\u0303on\u0303o', hash)).toBe(true);
    expect(await passwords.matches('nandu nono', hash)).toBe(false);
  });

  it('is kept as its own hash with its own salt', async () => {
    const passwords = new Passwords();
    const [one, two] = [await passwords.hash(GOOD), await passwords.hash(GOOD)];
    expect(one).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[\w-]{22}\$[\w-]{43}$/);
    expect(one).not.toBe(two);
    expect([await passwords.matches(GOOD, one), await passwords.matches(GOOD, two)]).toEqual([true, true]);
  });

  it('is none where the hash is damaged, foreign, or would cost too much', async () => {
    const passwords = new Passwords();
    const [salt, key] = ['A'.repeat(22), 'A'.repeat(43)];
    for (const hash of [
      ...['', 'x', GOOD, '$2b$10$abcdefghijklmnopqrstuv', `${MATCH}${salt}$`, `${MATCH}${salt}$${key}x`],
      ...[`$scrypt$ln=30,r=8,p=3$${salt}$${key}`, `$scrypt$ln=15,r=99,p=3$${salt}$${key}`],
      ...[`$scrypt$ln=15,r=8,p=99$${salt}$${key}`, `$scrypt$ln=0,r=8,p=1$${salt}$${key}`],
    ])
      expect(await passwords.matches(GOOD, hash)).toBe(false);
    // With the parameters of an earlier version it is one.
    const { scryptSync } = await import('node:crypto');
    const early = scryptSync(GOOD, Buffer.from(salt, 'base64url'), 32, { N: 2 ** 14, r: 8, p: 1 });
    expect(
      await passwords.matches(GOOD, `$scrypt$ln=14,r=8,p=1$${salt}$${early.toString('base64url')}`),
    ).toBe(true);
  });

  it('is refused with words when too many are being checked, and none waits for ever', async () => {
    const passwords = new Passwords();
    const hash = await passwords.hash(GOOD);
    const checks = await Promise.allSettled(Array.from({ length: 60 }, () => passwords.matches(GOOD, hash)));
    const refused = checks.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(60 - 52);
    for (const result of refused)
      if (result.status === 'rejected')
        expect(result.reason).toMatchObject({ name: 'PeopleError', reason: 'busy' });
    expect(await passwords.matches(GOOD, hash)).toBe(true);
  }, 60_000);

  it('is checked as long for a name that nobody has, one without a password, and one who is disabled', async () => {
    const { people, root } = await stage.process('sqlite');
    await people.users.add(root, { name: 'with', password: GOOD });
    await people.users.add(root, { name: 'without' });
    const gone = await people.users.add(root, { name: 'disabled', password: GOOD });
    await people.users.change(root, gone.id, { isDisabled: true });
    const times: Record<string, number[]> = {
      with: [],
      without: [],
      disabled: [],
      nobody: [],
      'a@b.test': [],
    };
    // In turns, so that what else the machine does falls on all alike.
    for (let round = 0; round < 5; round += 1) {
      for (const [name, took] of Object.entries(times)) {
        const begun = process.cpuUsage();
        expect(await people.signIns.withPassword(name, 'not the one at all', FROM)).toBeNull();
        const { user, system } = process.cpuUsage(begun);
        took.push(user + system);
      }
    }
    const least = Object.values(times).map((took) => Math.min(...took));
    expect(Math.max(...least)).toBeLessThan(1.5 * Math.min(...least));
  }, 60_000);
});
