import { describe, expect, it } from 'vitest';
import { PAGE, PAGE_ASSETS } from '../../lib/http/page/index.js';
import { complaintsAbout, scriptsOf } from '../support/browser-code.js';

/** What the scripts' comments name: a renamed field of a report or a status is found here. */
const TYPES = {
  LocalReport: 'lib/report/index.js',
  Status: 'lib/status.js',
  ProbeEvent: 'lib/diagnose/index.js',
};
const scripts = scriptsOf(PAGE_ASSETS);

describe("the code of the app's page", () => {
  it('passes the linter and the type checker, which knows the reports and the status', async () => {
    expect(await complaintsAbout(PAGE_ASSETS, TYPES)).toEqual([]);
  });

  it('never makes markup out of data', () => {
    const markup =
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|createContextual/;
    expect(scripts.filter(([, body]) => markup.test(body))).toEqual([]);
  });

  it('imports only files that are served, and the page loads only such', () => {
    const wanted = [
      ...scripts.flatMap(([, body]) => [...body.matchAll(/from '\.\/([^']+)'/g)]),
      ...PAGE.matchAll(/"\.\/assets\/([^"]+)"/g),
    ].map(([, name]) => name);
    expect(wanted.length).toBeGreaterThan(10);
    expect(wanted.filter((name) => !PAGE_ASSETS.has(name ?? ''))).toEqual([]);
  });

  it('finds every element by an id that the page has', () => {
    const ids = scripts.flatMap(([, body]) => [...body.matchAll(/byId\('([^']+)'\)/g)].map(([, id]) => id));
    expect(ids.filter((id) => !PAGE.includes(`id="${id}"`))).toEqual([]);
  });
});

describe("the app's page", () => {
  it('has no inline script, style or handler: strict content policies forbid them', () => {
    expect(PAGE).not.toMatch(/<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=/);
  });

  it('uses relative URLs alone, so that it may stand under any path', () => {
    const urls = [...PAGE.matchAll(/(?:href|src|action)="([^"]+)"/g)].map(([, url]) => url);
    expect(urls.filter((url) => !/^(\.\/|#)/.test(url ?? ''))).toEqual([]);
  });

  it('has each id once, and labels that lead to one', () => {
    const ids = [...PAGE.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id ?? '');
    expect(new Set(ids).size).toBe(ids.length);
    const named = [...PAGE.matchAll(/(?:\sfor|aria-labelledby|aria-describedby|href)="#?([a-z-]+)"/g)];
    expect(named.map(([, id]) => id).filter((id) => !ids.includes(id ?? ''))).toEqual([]);
  });
});
