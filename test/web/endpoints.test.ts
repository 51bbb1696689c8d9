import { describe, expect, it } from 'vitest';
import {
  buttonText,
  countText,
  labelsOf,
  nameText,
  shownText,
  sourceText,
  stateText,
} from '../../web/words/endpoints.js';
import { madeUpId } from '../support/ids.js';

const ID = madeUpId('ab');

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
    expect([countText({ total: 1, online: 0 }), countText({ total: 12_345, online: 2_000 })]).toEqual([
      '1 endpoint, 0 online',
      '12,345 endpoints, 2,000 online',
    ]);
  });

  it.each([
    ['The first 50 of 10,000', 50, true, 10_000],
    ['The first 1,500 that match', 1_500, true, null],
    ['All 3', 3, false, 3],
    ['One', 1, false, 1],
    ['12 match', 12, false, null],
    ['One matches', 1, false, null],
    ['None matches', 0, false, null],
  ])('say how much of it is there: %s', (text, count, hasMore, total) => {
    expect(shownText(count, hasMore, total)).toBe(text);
  });

  it('name the labels of an endpoint as they are searched for', () => {
    const attributes: [string, string][] = [['rack', 'north west']];
    expect(labelsOf({ group: 'shop', attributes })).toEqual(['group:shop', 'rack=north west']);
    expect(labelsOf({ group: null, attributes: [] })).toEqual([]);
    // These keys look like other words of the search.
    const odd: [string, string][] = [
      ['group:a', 'b'],
      ['attribute:a', 'b'],
    ];
    expect(labelsOf({ group: null, attributes: odd })).toEqual([
      'attribute:group:a=b',
      'attribute:attribute:a=b',
    ]);
  });

  it.each([
    ['Ready', { button: { enabled: true, until: null }, isRunning: false }],
    ['Running…', { button: { enabled: true, until: null }, isRunning: true }],
    ['No grant', { button: { enabled: false, reason: 'no-grant' }, isRunning: false }],
    ['Grant expired', { button: { enabled: false, reason: 'grant-expired' }, isRunning: false }],
  ] as const)('say how the button is: %s', (text, state) => {
    expect(buttonText(state)).toBe(text);
  });

  it.each([
    [null, ID.slice(0, 10)],
    ['\u200b\u2060', ID.slice(0, 10)],
    [' ', ID.slice(0, 10)],
    ['a', 'a'],
    ['👩‍👩', '👩‍👩'],
  ])('call an endpoint so that one sees it: %j', (name, text) => {
    expect(nameText({ id: ID, name })).toBe(text);
  });

  it('say where a report came from', () => {
    expect([sourceText({ durationMs: 1234 }), sourceText({ durationMs: null })]).toEqual([
      'Dial-back in 1.2 s',
      'Sent by the app',
    ]);
  });
});
