// llms.txt, for programs that read documentation (llmstxt.org): what this is, and each page with what it is about, as docs/README.md
// lists them.
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { root } from '../run.js';

const read = (file) => readFileSync(join(root, file), 'utf8');

/** The text of the whole file. */
export function llmsText() {
  const { name, description } = JSON.parse(read('package.json'));
  const [, ...chapters] = read('docs/README.md').split(/^\*\*(.+)\*\*$/m);
  const parts = [
    `# ${name}`,
    `> ${description}`,
    'Each page is Markdown, in the repository and in the package.',
    '## Begin here',
    '- [README](README.md): install, settings, what leaves the machine, troubleshooting, known limits',
  ];
  for (let at = 0; at < chapters.length; at += 2) parts.push(`## ${chapters[at]}`, linksIn(chapters[at + 1]));
  return `${parts.join('\n\n')}\n`;
}

/** One line for each page; pages that share a line in docs/README.md share its words. */
function linksIn(chapter) {
  const items = chapter.split(/^- /m).slice(1);
  return items
    .flatMap((item) => {
      const line = item.replace(/\s+/g, ' ').trim();
      const about = /\)(?::|,)? ([^[]+?)\.?$/.exec(line)?.[1];
      return [...line.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)].map(
        ([, title, to]) =>
          `- [${title}](${posix.join('docs', to)})${about === undefined ? '' : `: ${about}`}`,
      );
    })
    .join('\n');
}
