import { describe, expect, it } from 'vitest';
import { type HttpOptions, resolveSettings } from '../../lib/options/index.js';
import { SettingError } from '../../lib/settings/index.js';

const resolve = (http: unknown) => resolveSettings({ http: http as HttpOptions }).http;
const authorize = () => true;

function refusal(http: unknown): string {
  try {
    resolve(http);
  } catch (error) {
    if (error instanceof SettingError && error.option === 'http') return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('the setting http', () => {
  it('is closed until it is opened', () => {
    expect([resolve(undefined), resolve(null)]).toEqual([null, null]);
    const opened: HttpOptions = { access: 'loopback' };
    expect(resolveSettings({ http: opened, enabled: false }).http).toBeNull();
  });

  it('takes one way in', () => {
    expect(resolve({ access: 'loopback' })).toEqual({ path: '/net-diagnostics', access: 'loopback' });
    expect(resolve({ access: 'public-without-authentication', authorize: undefined })).toMatchObject({
      access: 'public-without-authentication',
    });
    expect(resolve({ authorize, path: '/ops/net~diag_1.x' })).toEqual({
      path: '/ops/net~diag_1.x',
      access: authorize,
    });
  });

  it.each([
    [{}, 'access or authorize is missing'],
    [{ path: '/x' }, 'access or authorize is missing'],
    [{ access: null, authorize: null }, 'access or authorize is missing'],
    [{ access: 'loopback', authorize }, 'exclude each other'],
    [{ access: 'public' }, 'it must be "loopback" or'],
    [{ access: true }, 'it must be "loopback" or'],
    [{ access: '' }, 'it must be "loopback" or'],
    [{ authorize: 'admin' }, '`http.authorize` was "admin"; it must be a function'],
    [{ authorise: authorize }, '`http.authorise` is not known. Did you mean `authorize`?'],
    [authorize, 'a function'],
    ['loopback', '"loopback"'],
    [true, 'true'],
    [[], '[]'],
  ])('refuses %j and says why', (http, why) => {
    expect(refusal(http)).toContain(why);
    expect(refusal(http)).toMatch(/`http[`.]/);
  });

  it.each([
    '',
    '/',
    'x',
    '/x/',
    '//x',
    '/x//y',
    '/..',
    '/x/..',
    '/.x',
    '/:id',
    '/*x',
    '/a b',
    '/a?b',
    '/é',
    `/${'x'.repeat(200)}`,
    5,
  ])('refuses the path %j', (path) => {
    expect(refusal({ access: 'loopback', path })).toMatch(
      /`http.path` was .*; it must be like "\/net-diagnostics"/,
    );
  });
});
