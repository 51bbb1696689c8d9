import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MarkdownPage, markdownPages, ROOT } from '../support/markdown.js';

const pages = markdownPages();
const byPath = new Map(pages.map((page) => [page.path, page]));

/** What is wrong with a link; `null`: nothing. The network is not asked. */
function faultOf(page: MarkdownPage, link: string): string | null {
  if (/^[a-z][a-z0-9+.-]*:/i.test(link)) {
    return URL.canParse(link) && link.startsWith('https://') ? null : 'is no https URL';
  }
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page.path : posix.normalize(posix.join(posix.dirname(page.path), path));
  if (target.startsWith('..') || !existsSync(posix.join(ROOT, target))) return 'leads nowhere';
  if (anchor === undefined) return null;
  return byPath.get(target)?.anchors.includes(anchor) === true ? null : 'names no heading';
}

describe('links', () => {
  it('lead to what is there: files, headings, well-formed https URLs', () => {
    const links = pages.flatMap((page) => page.links.map((link) => ({ page, link })));
    expect(links.length).toBeGreaterThan(100);
    const faults = links.flatMap(({ page, link }) => {
      const fault = faultOf(page, link);
      return fault === null ? [] : [`${page.path}: ${link} ${fault}`];
    });
    expect(faults).toEqual([]);
  });

  it.each([
    ['(nowhere.md)', 'leads nowhere'],
    ['(#nothing)', 'names no heading'],
    ['(http://example.com/)', 'is no https URL'],
    ['(../outside.md)', 'leads nowhere'],
    ['(#a-b-c)', null],
  ])('are found wrong when they are: %s', (link, fault) => {
    const page = new MarkdownPage('README.md', `# A *b*: \`c\`\n\n[x]${link}\n`);
    byPath.set(page.path, page);
    expect(page.links).toHaveLength(1);
    expect(faultOf(page, page.links[0] ?? '')).toBe(fault);
  });

  it('lead from the index to every page of docs/', () => {
    const index = MarkdownPage.read('docs/README.md').links.map((link) => posix.join('docs', link));
    const own = pages.map(({ path }) => path).filter((path) => /^docs\/(guides\/)?[^/]+\.md$/.test(path));
    expect(own.filter((path) => path !== 'docs/README.md' && !index.includes(path))).toEqual([]);
    const decisions = MarkdownPage.read('docs/decisions/README.md').links;
    const kept = pages.map(({ path }) => path).filter((path) => path.startsWith('docs/decisions/'));
    expect(kept.map((path) => posix.basename(path)).filter((name) => !decisions.includes(name))).toEqual([
      'README.md',
    ]);
  });
});
