import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { PAGE, PAGE_ASSETS } from '../../lib/http/page/index.js';

describe("the app's page", () => {
  it('loads one script and one style sheet, and nothing else', () => {
    const wanted = [...PAGE.matchAll(/"\.\/assets\/([^"]+)"/g)].map(([, name]) => name ?? '');
    expect(wanted.toSorted()).toEqual([...PAGE_ASSETS.keys()].toSorted());
    expect(wanted.map((name) => name.replace(/\.[0-9a-f]{12}\./, '.')).toSorted()).toEqual([
      'app-page.css',
      'app-page.js',
    ]);
    for (const { body } of PAGE_ASSETS.values())
      expect(body).not.toMatch(/\bimport\b|@import|sourceMappingURL/);
  });

  it('names them after what is in them, so that browsers may keep them', () => {
    for (const [name, { body }] of PAGE_ASSETS) {
      expect(name).toContain(`.${createHash('sha256').update(body).digest('hex').slice(0, 12)}.`);
    }
  });

  it('has the notice of the library whose code is in it', () => {
    const script = [...PAGE_ASSETS].find(([name]) => name.endsWith('.js'))?.[1].body;
    expect(script).toMatch(/^\/\*!\nPreact\nThe MIT License[^*]*Jason Miller[^*]*\*\/\n/);
  });

  it('is small: what an app serves in one piece each, and browsers keep', () => {
    const sizes = [...PAGE_ASSETS].map(([, { body }]) => gzipSync(body).length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(22_000);
  });

  it('says something before its script runs, and without one', () => {
    expect(PAGE).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(PAGE).toMatch(/<noscript>.*href="\.\/report\.txt".*<\/noscript>/);
    expect(PAGE).toContain('Loading…');
  });

  it('has no inline script, style or handler: strict content policies forbid them', () => {
    expect(PAGE).not.toMatch(/<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=/);
  });

  it('uses relative URLs alone, so that it may stand under any path', () => {
    const urls = [...PAGE.matchAll(/(?:href|src|action)="([^"]+)"/g)].map(([, url]) => url);
    expect(urls.filter((url) => !/^(\.\/|#|data:image\/svg\+xml,)/.test(url ?? ''))).toEqual([]);
  });

  it('has each id once, and labels that lead to one', () => {
    const ids = [...PAGE.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id ?? '');
    expect(new Set(ids).size).toBe(ids.length);
    const named = [...PAGE.matchAll(/(?:\sfor|aria-labelledby|aria-describedby|href)="#?([a-z-]+)"/g)];
    expect(named.length).toBeGreaterThan(5);
    expect(named.map(([, id]) => id).filter((id) => !ids.includes(id ?? ''))).toEqual([]);
  });
});
