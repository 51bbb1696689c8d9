import { describe, expect, it } from 'vitest';
import { ASSETS } from '../../platform/server/assets.js';
import {
  endpointPage,
  endpointsPage,
  errorPage,
  loginPage,
  secretsPage,
} from '../../platform/server/pages.js';
import { complaintsAbout, scriptsOf } from '../support/browser-code.js';

const ENDPOINTS_PAGE = endpointsPage(true);
const ENDPOINT_PAGE = endpointPage(true);
const SECRETS_PAGE = secretsPage(false);
const PAGES = {
  ENDPOINTS_PAGE,
  ENDPOINT_PAGE,
  SECRETS_PAGE,
  login: loginPage('Wrong.'),
  error: errorPage(404, 'Gone.', 2),
};
const scripts = scriptsOf(ASSETS);

describe('the code for the browser', () => {
  it('passes the linter and the type checker, as all other code does', async () => {
    expect(await complaintsAbout(ASSETS)).toEqual([]);
  });

  it('never makes markup out of data', () => {
    for (const [name, body] of scripts) {
      expect([
        name,
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|createContextual/.test(
          body,
        ),
      ]).toEqual([name, false]);
    }
  });

  it('imports only files that are served', () => {
    for (const [, body] of scripts) {
      for (const [, target] of body.matchAll(/from '\.\/([^']+)'/g))
        expect([...ASSETS.keys()]).toContain(target);
    }
  });

  it('finds every element by an id that its page has', () => {
    const idsIn = (names: string[]) =>
      names.flatMap((name) =>
        [...(ASSETS.get(name)?.body ?? '').matchAll(/byId\('([^']+)'\)/g)].map(([, id]) => id),
      );
    const wanted: [string, string[]][] = [
      [ENDPOINTS_PAGE, ['calls.js', 'endpoints.js']],
      [ENDPOINT_PAGE, ['calls.js', 'endpoint.js', 'run.js', 'metrics.js']],
      [SECRETS_PAGE, ['calls.js', 'secrets.js']],
      [loginPage(''), ['login.js']],
    ];
    for (const [page, files] of wanted) {
      for (const id of idsIn(files)) expect(page).toContain(`id="${id}"`);
    }
  });
});

describe('the pages', () => {
  it('have no inline script, style or handler: the content policy forbids them', () => {
    for (const page of Object.values(PAGES)) {
      expect(page).not.toMatch(/<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=/);
      expect(page).toMatch(/^<!doctype html>\n<html lang="en"/);
    }
  });

  it('use relative URLs alone, so that a proxy may put them anywhere', () => {
    for (const page of Object.values(PAGES)) {
      for (const [, url] of page.matchAll(/(?:href|src|action)="([^"]+)"/g))
        expect(url).toMatch(/^(\.{1,2}\/|#)/);
    }
  });
});
