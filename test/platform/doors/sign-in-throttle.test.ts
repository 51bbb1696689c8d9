import { describe, expect, it } from 'vitest';
import { SignInThrottle } from '../../../platform/server/doors/sign-in-throttle.js';

const MINUTE = 60_000;

function throttle() {
  let now = 0;
  const made = new SignInThrottle({ now: () => now });
  const wrong = (nameKey: string, address: string, isKnownAddress = false) => {
    const turn = made.take({ nameKey, address, isKnownAddress });
    return typeof turn === 'number' ? turn : 0;
  };
  return { made, wrong, pass: (ms: number) => (now += ms) };
}

describe('who guesses passwords', () => {
  it('of one account is slowed down, from however many addresses', () => {
    const { wrong, pass } = throttle();
    let tried = 0;
    for (let at = 0; at < 1_000; at += 1) if (wrong('root', `192.0.2.${at % 250}`) === 0) tried += 1;
    expect(tried).toBe(10);
    pass(60 * MINUTE);
    for (let at = 0; at < 1_000; at += 1) if (wrong('root', `198.51.100.${at % 250}`) === 0) tried += 1;
    expect(tried).toBe(20);
  });

  it('of all accounts is slowed down at one address, and at one network of IPv6', () => {
    const { wrong } = throttle();
    let [four, six] = [0, 0];
    for (let at = 0; at < 1_000; at += 1) {
      if (wrong(`four${at}`, '192.0.2.1') === 0) four += 1;
      if (wrong(`six${at}`, `2001:db8:0:1::${at.toString(16)}`) === 0) six += 1;
    }
    expect([four, six]).toEqual([20, 20]);
    expect(wrong('other', '2001:db8:0:2::1')).toBe(0);
    expect(wrong('other', '2001:db8::1:0:0:0:1')).toBeGreaterThan(0);
    expect(wrong('other', '2001:0DB8:0:1::1')).toBeGreaterThan(0);
  });

  it('keeps nobody out where he signed in before', () => {
    const { made, wrong } = throttle();
    for (let at = 0; at < 1_000; at += 1) wrong('root', '192.0.2.1');
    expect(wrong('root', '198.51.100.7')).toBeGreaterThan(0);
    for (let at = 0; at < 100; at += 1) {
      const turn = made.take({ nameKey: 'root', address: '198.51.100.7', isKnownAddress: true });
      if (typeof turn === 'number') throw new Error('kept out');
      turn.forgive();
    }
  });

  it('from where somebody signed in before is slowed down, too', () => {
    const { wrong } = throttle();
    let tried = 0;
    for (let at = 0; at < 1_000; at += 1) if (wrong('root', '192.0.2.1', true) === 0) tried += 1;
    expect(tried).toBe(10);
  });

  it('gets no turn back for being right about another', () => {
    const { made, wrong } = throttle();
    for (let at = 0; at < 9; at += 1) wrong('root', '192.0.2.1');
    const own = made.take({ nameKey: 'own', address: '192.0.2.1', isKnownAddress: false });
    if (typeof own !== 'number') own.forgive();
    expect(wrong('root', '192.0.2.1')).toBe(0);
    expect(wrong('root', '192.0.2.1')).toBeGreaterThan(0);
  });

  it('is not forgotten for other names, tried from one address or from many', () => {
    const { wrong } = throttle();
    for (let at = 0; at < 10; at += 1) wrong('root', `192.0.2.${at}`);
    for (let at = 0; at < 25_000; at += 1) wrong(`one${at}`, '198.51.100.1');
    expect(wrong('root', '192.0.2.99')).toBeGreaterThan(0);
    for (let at = 0; at < 25_000; at += 1) wrong(`many${at}`, `2001:db8:${at.toString(16)}::1`);
    expect(wrong('root', '192.0.2.99')).toBeGreaterThan(0);
  });

  it('takes no more memory than is set aside, whatever the names', () => {
    const { made, wrong } = throttle();
    for (let at = 0; at < 25_000; at += 1)
      wrong(`${at}`.padEnd(10_000, 'x'), `2001:db8:${at.toString(16)}::1`);
    expect(made.size).toBeLessThanOrEqual(30_000);
  });
});
