import { describe, expect, it } from 'vitest';
import { type ButtonFacts, buttonState, usableGrant } from '../../lib/services/button-state.js';

const NOW = 1_800_000_000;
const grant = (over: Partial<ButtonFacts['grants'][number]> = {}) => ({
  caps: ['net-diagnostics:get-any'],
  expiresAt: NOW + 100,
  grantedAt: 1,
  ...over,
});
const facts = (over: Partial<ButtonFacts> = {}): ButtonFacts => ({
  isOnline: true,
  isRunning: false,
  grants: [grant()],
  ...over,
});

describe('the button', () => {
  it.each([
    ['granted and online', facts(), { enabled: true, until: NOW + 100 }],
    ['granted for ever', facts({ grants: [grant({ expiresAt: null })] }), { enabled: true, until: null }],
    ['in the last second of its grant', facts({ grants: [grant({ expiresAt: NOW })] }), { enabled: true }],
    ['granted by {client}', facts({ grants: [grant({ caps: ['client'] })] }), { enabled: true }],
    ['granted by {all}', facts({ grants: [grant({ caps: ['all'] })] }), { enabled: true }],
    [
      'granted anew after an older grant expired',
      facts({ grants: [grant({ expiresAt: NOW - 1 }), grant({ caps: ['client'] })] }),
      { enabled: true },
    ],
    ['without a grant', facts({ grants: [] }), { reason: 'no-grant' }],
    [
      'with another capability',
      facts({ grants: [grant({ caps: ['metrics:put-any'] })] }),
      { reason: 'no-grant' },
    ],
    [
      'with an expired grant',
      facts({ grants: [grant({ expiresAt: NOW - 1 })] }),
      { reason: 'grant-expired' },
    ],
    ['offline', facts({ isOnline: false }), { reason: 'offline' }],
    ['offline without a grant', facts({ isOnline: false, grants: [] }), { reason: 'no-grant' }],
    [
      'offline with an expired grant',
      facts({ isOnline: false, grants: [grant({ expiresAt: 1 })] }),
      { reason: 'grant-expired' },
    ],
    ['while a run is under way', facts({ isRunning: true }), { reason: 'running' }],
    ['offline during a run', facts({ isOnline: false, isRunning: true }), { reason: 'offline' }],
  ])('%s', (_name, given, expected) => {
    const state = buttonState(given, NOW);
    expect(state).toMatchObject(expected);
    expect(state.enabled).toBe(!('reason' in expected));
    if (!state.enabled) expect(state.text).toMatch(/^[A-Z][a-z ]+: .+\.$/);
  });

  it('uses the newest of several usable grants', () => {
    const newest = grant({ caps: ['client'], grantedAt: 9 });
    expect(usableGrant([grant(), newest, grant({ grantedAt: 5 })], NOW)).toBe(newest);
  });
});
