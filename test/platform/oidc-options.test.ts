import { describe, expect, it } from 'vitest';
import { OIDC_KINDS, type OidcOptions } from '../../platform/oidc-options.js';
import { type DashboardOptions, parsePlatformOptions } from '../../platform/options.js';

const NEEDED: OidcOptions = { issuer: 'https://login.example/realms/ops', clientId: 'net-diagnostics' };
const read = (oidc: unknown) =>
  parsePlatformOptions({ dataDir: ':memory:', dashboard: { oidc } as DashboardOptions }).dashboard?.oidc;

describe('the option dashboard.oidc', () => {
  it('needs an issuer and a client id, and has a default for the rest', () => {
    expect(parsePlatformOptions({ dataDir: ':memory:' }).dashboard?.oidc).toBeNull();
    expect(read(NEEDED)).toEqual({
      ...NEEDED,
      clientSecretFile: null,
      label: 'login.example',
      scopes: ['openid', 'profile', 'email'],
      groupsClaim: 'groups',
      administrators: [],
      roles: [],
      defaultRole: null,
    });
    const given: OidcOptions = {
      issuer: 'http://127.0.0.1:5556/dex',
      clientId: 'net-diagnostics',
      clientSecretFile: '/run/secrets/oidc',
      label: 'Example Ltd.',
      scopes: ['openid', 'groups'],
      groupsClaim: 'https://example.com/groups',
      administrators: ['ops', 'ada@example.com'],
      roles: [{ group: '/eu/on call', project: 'eu-1', role: 'operator' }],
      defaultRole: 'viewer',
    };
    expect(read(given)).toEqual(given);
  });

  it.each<[object, string]>([
    [{ issuer: undefined }, '`dashboard.oidc.issuer` of Platform.start() is missing'],
    [{ clientId: undefined }, '`dashboard.oidc.clientId` of Platform.start() is missing'],
    [{ clientId: 'x\n' }, '`dashboard.oidc.clientId` of'],
    [{ issuer: 'login.example' }, '`dashboard.oidc.issuer` of'],
    [{ issuer: 'http://login.example' }, 'http: on this machine alone'],
    [{ issuer: 'http://127.0.0.1.login.example' }, 'http: on this machine alone'],
    [{ issuer: 'ftp://127.0.0.1' }, 'http: on this machine alone'],
    [{ issuer: 'https://a:b@login.example' }, 'it holds a password'],
    [{ issuer: 'https://login.example/?x' }, '`dashboard.oidc.issuer` of'],
    [{ issuer: 'https://login.example/.well-known/openid-configuration' }, 'leave out /.well-known/'],
    [{ issuer: 'https://login.microsoftonline.com/common/v2.0' }, 'common is every tenant: name your own'],
    [{ clientSecret: 'x' }, 'Did you mean `clientSecretFile`?'],
    [{ clientSecretFile: '' }, '`dashboard.oidc.clientSecretFile` of'],
    [{ label: 'x'.repeat(61) }, 'it must be 1 to 60 characters'],
    [{ scopes: ['a b'] }, 'entry 1 of 1'],
    [{ scopes: 'profile' }, 'a list of scopes'],
    [{ administrators: ['ops', ''] }, 'entry 2 of 2'],
    [{ defaultRole: 'root' }, '"viewer" or "operator" or "admin"'],
    [{ roles: [{ group: 'ops', project: 'eu', role: 'root' }] }, '`dashboard.oidc.roles.0.role` of'],
    [{ roles: [{ group: 'ops', project: 'EU', role: 'admin' }] }, '`dashboard.oidc.roles.0.project` of'],
    [{ roles: [{ project: 'eu', role: 'admin' }] }, '`dashboard.oidc.roles.0.group` of'],
    [{ roles: ['ops'] }, 'entry 1 of 1'],
    [{ roles: [{ group: 'ops', project: 'eu', roles: 'admin' }] }, 'Did you mean `role`?'],
  ])('refuses %j in one sentence', (wrong, words) => {
    expect(() => read({ ...NEEDED, ...wrong })).toThrow(words);
  });
});

describe('hosts beyond loopback', () => {
  it('want a name under which the provider knows the platform', () => {
    const open = { hosts: ['192.0.2.1'], unsafePlainHttpBeyondLoopback: true, oidc: NEEDED };
    const parse = (more: DashboardOptions) =>
      parsePlatformOptions({ dataDir: ':memory:', dashboard: { ...open, ...more } });
    expect(() => parse({})).toThrow(
      '`dashboard.publicUrl` of Platform.start() is missing: with `dashboard.oidc`',
    );
    expect(parse({ publicUrl: 'https://fleet.example' }).dashboard?.oidc).not.toBeNull();
    expect(parse({ allowedHosts: ['fleet.example'] }).dashboard?.oidc).not.toBeNull();
  });
});

describe('a role as a text', () => {
  it('names a group, which may hold any sign, a project and a role', () => {
    expect(OIDC_KINDS.roles.fromText('sre=default:operator, /eu/a:b=c=eu-1:admin')).toEqual([
      { group: 'sre', project: 'default', role: 'operator' },
      { group: '/eu/a:b=c', project: 'eu-1', role: 'admin' },
    ]);
    for (const wrong of ['sre', 'sre=default', '=default:viewer', 'sre=default:root', 'sre=No:viewer'])
      expect(() => OIDC_KINDS.roles.fromText(wrong)).toThrow();
  });
});
