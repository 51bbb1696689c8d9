import { renderToStaticMarkup as render } from 'preact-render-to-string';
import { describe, expect, it } from 'vitest';
import {
  PERMISSIONS_OF,
  PLATFORM_PERMISSIONS,
  PROJECT_PERMISSIONS,
} from '../../platform/people/permissions.js';
import type { MeAnswer } from '../../web/dashboard/answers.js';
import { Bar, type BarProps } from '../../web/dashboard/bar.js';
import { Me } from '../../web/dashboard/use-me.js';

const TRAP = '<img src=x onerror="alert(1)">';
const shop = { id: 'shop', name: 'Shop', role: 'viewer', permissions: [...PERMISSIONS_OF.viewer] } as const;
const me = (over: Partial<MeAnswer> = {}) =>
  new Me({
    ...{ kind: 'user', id: 'u1', name: 'Ana', isAdministrator: false, permissions: [] },
    projects: [{ ...shop, permissions: [...shop.permissions] }],
    ...over,
  });
const bar = (over: Partial<BarProps>) =>
  render(<Bar root="../.." project="shop" section="endpoints" me={me()} isLive={undefined} {...over} />);
const links = (html: string) => [...html.matchAll(/<a href="([^"]+)"/g)].map(([, url]) => url);

describe('the bar', () => {
  it('leads a viewer to what he may see, and nowhere else', () => {
    const html = bar({});
    expect(links(html)).toEqual([
      '../../account',
      '../../projects/shop/endpoints',
      '../../projects/shop/members',
      '../../projects/shop/usage',
    ]);
    expect(html).toContain('aria-current="page">Endpoints');
    expect(html).toContain('action="../../sign-out"');
  });

  it('leads to nothing before it is known who reads', () => {
    const html = bar({ me: null });
    expect(links(html)).toEqual([]);
    expect(html).not.toMatch(/sign-out|details/);
    // Its place is kept.
    expect(html).toContain('<nav');
  });

  it('offers other projects only where there are some, and names the one that has a name', () => {
    expect(bar({})).not.toContain('Project: ');
    expect(bar({})).toContain('<bdi class="muted only">Shop</bdi>');
    const nameless = { id: 'default', name: 'Default', role: null, permissions: [] };
    expect(bar({ project: 'default', me: me({ projects: [nameless] }) })).not.toContain('Default');
    expect(bar({ me: me({ projects: [] }) })).not.toContain('only');
    const projects = [
      { ...shop, permissions: [...shop.permissions] },
      { id: 'b', name: TRAP, role: null, permissions: [] },
    ];
    const html = bar({ me: me({ projects }) });
    expect(html).toContain('Project: ');
    expect(links(html)).toContain('../../projects/b/endpoints');
    expect(html).not.toContain('<img');
  });

  it('leads administrators to the platform, and through it', () => {
    const administrator = me({
      isAdministrator: true,
      permissions: [...PLATFORM_PERMISSIONS],
      projects: [{ ...shop, role: null, permissions: [...PROJECT_PERMISSIONS] }],
    });
    expect(links(bar({ me: administrator }))).toContain('../../platform/users');
    const html = bar({ me: administrator, project: '', section: 'users', root: '..' });
    expect(links(html).filter((url) => url?.includes('platform/'))).toEqual([
      '../platform/users',
      '../platform/users',
      '../platform/projects',
      '../platform/tokens',
      '../platform/audit',
    ]);
  });

  it('has nothing to sign out from where there is no login', () => {
    const html = bar({ me: me({ kind: 'anyone', name: 'anyone' }) });
    expect(html).not.toMatch(/sign-out|account/);
  });

  it('says whether the page is told of changes, where it is meant to be', () => {
    expect(bar({})).not.toContain('id="live"');
    expect(bar({ isLive: null })).toContain('Connecting…');
    expect(bar({ isLive: true })).toContain('Live');
    expect(bar({ isLive: false })).toContain('Reconnecting…');
  });
});
