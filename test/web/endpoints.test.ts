import { describe, expect, it } from 'vitest';
import { countText, isWanted, labelsOf, quoted, sourceText, stateText } from '../../web/words/endpoints.js';
import { madeUpId } from '../support/ids.js';

const ID = madeUpId('ab');
const endpoint = {
  id: ID,
  name: 'Checkout-API',
  group: 'shop',
  attributes: [
    ['region', 'eu'],
    ['rack', 'north west'],
  ] satisfies [string, string][],
};

describe('the filter of the list', () => {
  it.each([
    ['', true],
    ['check', true],
    ['CHECKOUT', true],
    [ID.slice(0, 10), true],
    ['region=eu', true],
    ['region=e', false],
    ['group:shop', true],
    ['group:sho', false],
    ['group:shop check', true],
    ['group:shop nobody', false],
    ['"rack=north west"', true],
    ['rack=north', false],
    ['"north west"', true],
    ['"', true],
    ['north  west', true],
  ])('%j: %s', (filter, expected) => {
    expect(isWanted(endpoint, filter)).toBe(expected);
  });

  it('finds an endpoint by each of its labels, as they are put into it', () => {
    expect(labelsOf(endpoint)).toEqual(['group:shop', 'region=eu', 'rack=north west']);
    expect(labelsOf(endpoint).filter((label) => !isWanted(endpoint, quoted(label)))).toEqual([]);
    expect(labelsOf({ group: null, attributes: [] })).toEqual([]);
  });
});

describe('the words of the list', () => {
  const seen = { id: ID, name: null, isOnline: true, lastSeenAt: 0, sharedIdentityAt: null };

  it.each([
    [seen, 'Online'],
    [{ ...seen, name: 'a' }, `Online · ${ID.slice(0, 10)}`],
    [{ ...seen, sharedIdentityAt: 1 }, 'Online: two processes with one key'],
    [{ ...seen, isOnline: false }, 'Offline, last seen 2 minutes ago'],
  ])('say how an endpoint is: %j', (state, text) => {
    expect(stateText(state, 120_000)).toBe(text);
  });

  it('count', () => {
    expect([countText(1, 0, 1), countText(3, 2, 1)]).toEqual([
      '1 endpoint, 0 online',
      '3 endpoints, 2 online, 1 shown',
    ]);
  });

  it('say where a report came from', () => {
    expect([sourceText({ durationMs: 1234 }), sourceText({ durationMs: null })]).toEqual([
      'Dial-back in 1.2 s',
      'Sent by the app',
    ]);
  });
});
