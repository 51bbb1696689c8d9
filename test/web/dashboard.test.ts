import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ASSETS, dataPage, errorPage, linkPage, setUpPage, signInPage } from '../../platform/server/pages.js';

const DATA_PAGES = [
  ['home', 0],
  ['endpoints', 2],
  ['endpoint', 3],
  ['secrets', 2],
  ['members', 2],
  ['tokens', 2],
  ['audit', 2],
  ['usage', 2],
  ['settings', 2],
  ['account', 0],
  ['users', 1],
  ['projects', 1],
  ['platformTokens', 1],
  ['platformAudit', 1],
] as const;

const PAGES: [name: string, html: string][] = [
  ...DATA_PAGES.map(([name, depth]): [string, string] => [
    name,
    dataPage(name, { project: depth > 1 ? 'shop' : '', depth }),
  ]),
  ['sign-in', signInPage()],
  [
    'sign-in, refused',
    signInPage({ refusal: 'Wrong.', name: 'Ana', to: '/account', oidc: 'Our login', depth: 2 }),
  ],
  ['set-up', setUpPage()],
  ['set-up, refused', setUpPage({ refusal: 'Wrong.', code: 'x', name: 'Ana' })],
  ['a one-time link', linkPage()],
  ['a one-time link, refused', linkPage({ refusal: 'Gone.' })],
  ['an error', errorPage(404, 'Gone.', 2)],
];

describe.each(PAGES)("the dashboard's page: %s", (_, html) => {
  it('loads one script and one style sheet, which are served, and nothing else', () => {
    const names = [...html.matchAll(/\/assets\/([^"]+)"/g)].map(([, name]) => name ?? '');
    expect(names.toSorted()).toEqual([...ASSETS.keys()].toSorted());
  });

  it('has no inline script, style or handler: the content policy forbids them', () => {
    expect(html).not.toMatch(/<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=/);
    expect(html).toMatch(/^<!doctype html>\n<html lang="en"/);
  });

  it('uses relative URLs alone, so that a proxy may put it anywhere', () => {
    const urls = [...html.matchAll(/(?:href|src|action)="([^"]+)"/g)].map(([, url]) => url);
    expect(urls.length).toBeGreaterThan(2);
    expect(urls.filter((url) => !/^(?:\.{1,2}\/|#|data:image\/svg\+xml,)/.test(url ?? ''))).toEqual([]);
  });

  it('has each id once, and nothing left to fill in', () => {
    const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(html).not.toContain('{{');
  });
});

describe("the dashboard's pages", () => {
  it('find their files, and others of their project, from any depth', () => {
    expect(dataPage('endpoint', { project: 'shop', depth: 3 })).toMatch(
      /data-root="\.\.\/\.\.\/\.\." data-page="endpoint" data-project="shop".*"\.\.\/\.\.\/\.\.\/assets\//s,
    );
    expect(errorPage(404, '<b>', 2)).toMatch(/<title>Error 404 .*"\.\.\/\.\.\/assets\/.*<p>&#60;b&#62;<\/p>/);
  });

  it('repeat what was typed into a form, escaped, and where it leads to', () => {
    const html = signInPage({ refusal: '<b>', name: '"><script>', to: '/x?a=1&b', oidc: "O'Hara", depth: 2 });
    expect(html).toMatch(/role="alert">\s*&#60;b&#62;/);
    expect(html).toContain('value="&#34;&#62;&#60;script&#62;"');
    expect(html).toContain('name="to" value="/x?a=1&#38;b"');
    expect(html).toContain('href="../../sign-in/oidc?to=%2Fx%3Fa%3D1%26b"');
    expect(html).toContain('Sign in with O&#39;Hara');
    expect(html).toContain('action="../../sign-in"');
    expect(setUpPage({ code: 'a"b' })).toContain('value="a&#34;b"');
  });

  it('leave out what there is nothing to say about', () => {
    expect(signInPage()).not.toMatch(/role="alert"|oidc|\{\{/);
    expect(linkPage()).not.toContain('role="alert"');
  });

  it('are built for readers, also by the tests: their scripts name no file of this machine', () => {
    const root = join(import.meta.dirname, '../..');
    const bodies = [...ASSETS.values()].map(({ body }) => body);
    expect(bodies.filter((body) => body.includes(root) || body.includes('lineNumber'))).toEqual([]);
  });

  it('are small', () => {
    const sizes = [...ASSETS.values()].map(({ body }) => gzipSync(body).length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(34_000);
  });
});
