import { describe, expect, it } from 'vitest';
import { PERMISSIONS, ROLES } from '../../platform/people/permissions.js';
import { agentText, inOrder, PERMISSION_WORDS, ROLE_WORDS, sourceWords } from '../../web/words/access.js';

describe('the words for what one may', () => {
  it('are there for each role and permission, and for nothing else', () => {
    expect(Object.keys(ROLE_WORDS).toSorted()).toEqual([...ROLES].toSorted());
    expect(Object.keys(PERMISSION_WORDS).toSorted()).toEqual([...PERMISSIONS].toSorted());
  });

  it('come in one order, whatever the order of what is given', () => {
    expect(inOrder(['audit:read', 'fleet:read', 'runs:write'])).toEqual([
      'fleet:read',
      'runs:write',
      'audit:read',
    ]);
  });

  it('say that a membership of single sign-on comes back, and nothing of others', () => {
    expect(sourceWords('oidc')).toMatch(/single sign-on/);
    expect(sourceWords('local')).toBe('');
  });
});

describe('the name of a browser', () => {
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64) Chrome/120.0 Safari/537.36', 'Chrome on Linux'],
    ['Mozilla/5.0 (Windows NT 10.0) Chrome/120.0 Safari/537.36 Edg/120.0', 'Edge on Windows'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 14_1) Version/17 Safari/605', 'Safari on macOS'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Safari/604', 'Safari on iOS'],
    ['Mozilla/5.0 (Android 14; Mobile; rv:120.0) Gecko/120.0 Firefox/120.0', 'Firefox on Android'],
    ['Mozilla/5.0 Firefox/120.0', 'Firefox'],
    ['curl/8.5.0', 'curl/8.5.0'],
    ['', 'An unnamed program'],
  ])('%s', (agent, words) => {
    expect(agentText(agent)).toBe(words);
  });
});
