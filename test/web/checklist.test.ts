import { describe, expect, it } from 'vitest';
import type { Status } from '../../lib/index.js';
import { viewChecklist } from '../../web/words/checklist.js';
import { madeUpId } from '../support/ids.js';

const NOW = Date.UTC(2026, 0, 2);
const UNTIL = NOW / 1000 + 60;
const RETRY = '2026-01-02T00:01:00.000Z';
const RELAYED = {
  endpoint: { endpointId: 'a', directAddrs: [], homeRelay: 'https://relay.test/', paths: [] },
};

const READY: Status = {
  state: 'online',
  reason: null,
  since: RETRY,
  retryAt: null,
  group: null,
  attributes: {},
  labels: { name: { state: 'taken' }, group: { state: 'unset' }, attributes: { state: 'unset' } },
  name: 'app',
  endpointId: madeUpId('ab'.repeat(32)),
  platform: { id: madeUpId('cd'.repeat(32)), relays: [], addrs: [] },
  servesDialBack: true,
  paused: false,
  grant: { state: 'granted', until: UNTIL },
  sharedIdentity: null,
  latencyMs: 12.3,
  lastReportAt: null,
  lastError: null,
};

const look = (over: Partial<Status>, report: Parameters<typeof viewChecklist>[1] = RELAYED) =>
  viewChecklist({ ...READY, ...over }, report, NOW);
/** The items that are not fine, as `id: state`. */
const lacking = (over: Partial<Status>) =>
  look(over)
    .items.filter(({ state }) => state !== 'ok')
    .map(({ id, state }) => `${id}: ${state}`);

describe('why the button of the platform is grey', () => {
  it('is no question when all is there', () => {
    const view = look({});
    expect(view).toMatchObject({ isReady: true, title: 'The platform’s button is ready' });
    expect(view.items.map(({ id }) => id)).toEqual([
      'secret',
      'endpoint',
      'home-relay',
      'platform',
      'accepted',
      'serves',
      'running',
      'granted',
    ]);
    expect(view.items.at(-1)).toMatchObject({ detail: 'Until', at: new Date(UNTIL * 1000).toISOString() });
  });

  const none = { endpointId: null, platform: null, servesDialBack: false, grant: { state: 'off' } } as const;
  it.each<[string, Partial<Status>, string[]]>([
    [
      'there is no secret',
      { ...none, state: 'disabled', reason: 'no-secret' },
      [
        'secret: not',
        'endpoint: unknown',
        'platform: unknown',
        'accepted: unknown',
        'serves: unknown',
        'granted: unknown',
      ],
    ],
    [
      'no socket could be bound',
      { ...none, platform: READY.platform, state: 'unavailable', reason: 'bind-failed', retryAt: RETRY },
      ['endpoint: not', 'platform: unknown', 'accepted: unknown', 'serves: unknown', 'granted: unknown'],
    ],
    [
      'the platform does not answer',
      { state: 'connecting', reason: 'platform-unreachable', retryAt: RETRY },
      ['platform: not', 'accepted: unknown'],
    ],
    [
      'the platform refuses the secret',
      { state: 'unauthorized', reason: 'refused-by-platform', grant: { state: 'ungranted' } },
      ['accepted: not', 'granted: unknown'],
    ],
    ['nothing takes dial-backs', { servesDialBack: false }, ['serves: not']],
    ['the app has paused it', { paused: true }, ['running: not']],
    ['the grant is not wanted', { grant: { state: 'off' } }, ['granted: not']],
    ['the grant is on its way', { grant: { state: 'granting' } }, ['granted: unknown']],
    ['the grant was refused', { grant: { state: 'refused', why: 'no.' } }, ['granted: not']],
    ['the grant has expired', { grant: { state: 'granted', until: NOW / 1000 - 1 } }, ['granted: not']],
  ])('is told when %s', (_, over, expected) => {
    expect(lacking(over)).toEqual(expected);
    expect(look(over)).toMatchObject({ isReady: false, title: 'Why is the platform’s button grey?' });
  });

  it('is told with the time of the next attempt', () => {
    const item = look({
      state: 'connecting',
      reason: 'platform-unreachable',
      retryAt: RETRY,
    }).items.find(({ id }) => id === 'platform');
    expect(item).toMatchObject({ at: RETRY, detail: expect.stringMatching(/firewall.* Next attempt$/) });
  });

  it('counts what is missing', () => {
    expect(look({ paused: true }).summary).toBe('One thing is missing.');
    expect(look({ paused: true, servesDialBack: false }).summary).toBe('2 things are missing.');
    expect(look({ grant: { state: 'granting' } }).summary).toBe('Nothing is wrong: it is not there yet.');
    expect(look({ ...none, state: 'disabled', reason: 'switched-off' }).summary).toMatch(/switched off/);
    expect(look({ ...none, state: 'stopped' }).summary).toMatch(/stopped/);
  });

  it('does not make a home relay a condition, and knows it from a report alone', () => {
    const relayOf = (report: Parameters<typeof viewChecklist>[1]) => {
      const { isReady, items } = look({}, report);
      return { isReady, state: items.find(({ id }) => id === 'home-relay')?.state };
    };
    expect(relayOf(null)).toEqual({ isReady: true, state: 'unknown' });
    const without = { endpoint: { ...RELAYED.endpoint, homeRelay: null } };
    expect(relayOf(without)).toEqual({ isReady: true, state: 'unknown' });
  });

  it.each<Status['state']>([
    'disabled',
    'starting',
    'connecting',
    'online',
    'unauthorized',
    'unavailable',
    'stopped',
  ])('has a sentence for everything in the state %s', (state) => {
    for (const over of [none, {}]) {
      for (const { detail, at } of look({ state, ...over }).items) {
        expect(at === null ? detail : `${detail}.`).toMatch(/[.…/]$/);
      }
    }
  });
});
