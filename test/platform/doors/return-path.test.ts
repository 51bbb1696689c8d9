import { describe, expect, it } from 'vitest';
import { relativePath, returnPath } from '../../../platform/server/doors/return-path.js';

describe('the path that a sign-in leads back to', () => {
  it.each(['/', '/projects/default/endpoints?q=group%3Ashop+check', '/account'])(
    'is %s as it came',
    (path) => {
      expect(returnPath(path)).toBe(path);
    },
  );

  it.each([
    'https://evil.test/',
    '//evil.test/',
    '/\\evil.test/',
    '/\t/evil.test/',
    '/\n/evil.test',
    '\\\\evil.test',
    ' //evil.test',
    'javascript:alert(1)',
    '/x/..//evil.test/',
    '/./\\evil.test',
    '/%0d%0aset-cookie:x=y\r\nx: y',
    '/ä',
    'evil.test',
    '',
    `/${'x'.repeat(5_000)}`,
    null,
    undefined,
    5,
    ['/projects'],
  ])('is the front page instead of %j', (to) => {
    const path = returnPath(to);
    expect(path).toBe('/');
  });

  it('stays on this site however a browser reads it', () => {
    for (const to of [
      '/a/..//b',
      '/.//evil.test',
      '/..//..//evil.test',
      '/a\\..\\..\\\\evil.test',
      '/@evil.test',
      '/:80/',
    ]) {
      const url = new URL(relativePath(returnPath(to), '/sign-in'), 'https://here.test/prefix/sign-in');
      expect([to, url.origin]).toEqual([to, 'https://here.test']);
    }
  });

  it('is relative, so that it is right behind a proxy that has the platform in a folder', () => {
    expect(relativePath('/account', '/link')).toBe('./account');
    expect(relativePath('/', '/sign-in/oidc/callback?code=1')).toBe('../../');
    expect(relativePath('/account', '/projects/x/endpoints')).toBe('../../account');
  });
});
