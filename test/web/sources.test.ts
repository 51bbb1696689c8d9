import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const web = join(import.meta.dirname, '../../web');
const sources = readdirSync(web, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => [name, readFileSync(join(web, name), 'utf8')] as const);

describe('the code for browsers', () => {
  it('never makes markup out of data', () => {
    const markup =
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|createContextual/i;
    expect(sources.length).toBeGreaterThan(20);
    expect(sources.filter(([, text]) => markup.test(text)).map(([name]) => name)).toEqual([]);
  });
});
