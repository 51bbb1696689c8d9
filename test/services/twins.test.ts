import { describe, expect, it } from 'vitest';
import { Twins } from '../../lib/services/sessions/twins.js';
import { FakeTime } from '../support/fake-time.js';
import { madeUpId } from '../support/ids.js';

const ID = madeUpId('ab'.repeat(32));

function session(...addrs: string[]) {
  const paths = addrs.map((remoteAddr, index) => ({
    remoteAddr,
    isRelay: remoteAddr.startsWith('http'),
    isSelected: index === 0,
    rttMs: 1,
  }));
  return { remoteId: ID, paths: () => paths };
}

/** Sessions one after the other, each of which replaces the one before it. @returns whether the identity is shared */
function history(...paths: string[][]): boolean {
  const twins = new Twins(new FakeTime());
  let before: string[] | null = null;
  for (const own of paths) {
    twins.note(session(...own), before?.filter((path) => !path.startsWith('http')) ?? null);
    before = own;
  }
  return twins.sharedAt(ID) !== null;
}

describe('sessions of one identity that replace each other', () => {
  const [a, b, c, d] = ['192.0.2.1:1', '192.0.2.2:2', '192.0.2.1:3', '192.0.2.1:4'];
  const [v6, relay] = ['[2001:db8::1]:1', 'https://r.test/'];

  it.each([
    ['a process that crashes again and again, from a new port each time', [[a], [b], [c], [d]], false],
    [
      'one that comes through a relay each time',
      [
        [relay, a],
        [relay, b],
        [relay, c],
        [relay, d],
      ],
      false,
    ],
    [
      'one that comes through a relay and directly in turns',
      [[relay], [a], [relay], [b], [relay], [c]],
      false,
    ],
    ['one that moves to another network and back', [[a], [b], [a]], false],
    ['two in turns', [[a], [b], [a], [b]], true],
    ['two in turns, over IPv4 and IPv6', [[a], [v6], [a], [v6]], true],
    ['two in turns, over one of several paths', [[a, c], [b, d], [c], [d]], true],
  ])('%s', (_, paths, isShared) => {
    expect(history(...paths)).toBe(isShared);
  });

  it('are forgotten after ten minutes', async () => {
    const time = new FakeTime();
    const twins = new Twins(time);
    const told = [[a], [b], [a], [b], [a]].map((own, index, all) =>
      twins.note(session(...own), all[index - 1] ?? null),
    );
    expect(told).toEqual([false, false, false, true, false]);
    await time.advance(11 * 60_000);
    expect(twins.sharedAt(ID)).toBeNull();
  });
});
