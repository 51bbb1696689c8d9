import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What is installed or generated is none of our pages. */
const FOREIGN = new Set(['node_modules', 'dist', 'build', 'target', 'screenshots']);

/** A fenced block of code. */
export interface Fence {
  /** The first word behind the fence; empty: none. */
  language: string;
  /** The words that follow it. */
  words: readonly string[];
  code: string;
  /** Of its first line of code, counted from 1. */
  line: number;
}

/** One Markdown file of the project. */
export class MarkdownPage {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly fences: readonly Fence[];

  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
    this.fences = [...text.matchAll(/^```([\w-]*)([^\n]*)\n([\s\S]*?)^```$/gm)].map((match) => {
      const [, language = '', words = '', code = ''] = match;
      const line = text.slice(0, match.index).split('\n').length + 1;
      return { language, words: words.split(' ').filter((word) => word !== ''), code, line };
    });
  }

  static read(path: string): MarkdownPage {
    return new MarkdownPage(path, readFileSync(join(ROOT, path), 'utf8'));
  }

  /** Without fenced code. */
  get prose(): string {
    return this.text.replace(/^```[\s\S]*?^```$/gm, '');
  }

  /** Targets of all links and pictures. */
  get links(): string[] {
    const text = this.prose.replace(/`[^`\n]*`/g, '');
    return [...text.matchAll(/\]\(([^)\s]+)\)|<(https?:[^>\s]+)>/g)].map(([, a, b]) => a ?? b ?? '');
  }

  /** The headings of one level, as they are written. */
  headings(level: number): string[] {
    const pattern = new RegExp(`^#{${level}} (.+)$`, 'gm');
    return [...this.prose.matchAll(pattern)].map(([, title]) => title ?? '');
  }

  /** The anchors of all headings, as GitHub makes them. */
  get anchors(): string[] {
    const seen = new Map<string, number>();
    return [...this.prose.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => {
      const slug = slugOf(title);
      const count = seen.get(slug) ?? 0;
      seen.set(slug, count + 1);
      return count === 0 ? slug : `${slug}-${count}`;
    });
  }
}

function slugOf(title: string): string {
  return title
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

/** All pages of the project. */
export function markdownPages(folder = ROOT): MarkdownPage[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return FOREIGN.has(entry.name) || entry.name.startsWith('.') ? [] : markdownPages(path);
    }
    return entry.name.endsWith('.md') ? [MarkdownPage.read(relative(ROOT, path).split(sep).join('/'))] : [];
  });
}
