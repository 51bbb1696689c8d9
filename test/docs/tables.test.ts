import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROBE_NAMES } from '../../lib/probes/index.js';
import { MarkdownPage, ROOT } from '../support/markdown.js';

const source = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** The rows of the tables below a heading of the second level. */
function tableBelow(page: string, heading: string): string {
  const [, below = ''] = MarkdownPage.read(page).text.split(`\n## ${heading}\n`);
  const [section = ''] = below.split('\n## ');
  return section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .join('\n');
}

describe('the tables that are written by hand', () => {
  it('tell what to do about every reason that a status can have', () => {
    const [, union = ''] = source('lib/status.ts').match(/export type Reason =([\s\S]*?);/) ?? [];
    const reasons = [...union.matchAll(/\| '([\w-]+)'/g)].map(([, reason]) => reason);
    expect(reasons).toContain('no-secret');
    const table = tableBelow('README.md', 'Troubleshooting: why is the button grey?');
    // Told by its state.
    const named = (reason = '') => reason === 'refused-by-platform' || table.includes(`\`${reason}\``);
    expect(reasons.filter((reason) => !named(reason))).toEqual([]);
  });

  it('name every probe that asks somebody, with how to leave it out', () => {
    const table = tableBelow('README.md', 'What leaves your machine, and when');
    const asking = PROBE_NAMES.filter((name) => name !== 'route' && name !== 'endpoint');
    expect(asking.filter((name) => !table.includes(`\`${name}\``))).toEqual([]);
  });

  it('name every problem that the routes answer with', () => {
    const kinds = [...source('lib/http/problem.ts').matchAll(/^ {2}'?([\w-]+)'?: \[\d{3}, /gm)].map(
      ([, kind]) => kind,
    );
    expect(kinds).toContain('closed');
    const table = tableBelow('docs/guides/page.md', 'Routes');
    // An unknown path goes on to the app.
    expect(kinds.filter((kind) => kind !== 'not-found' && !table.includes(`\`${kind}\``))).toEqual([]);
  });
});
