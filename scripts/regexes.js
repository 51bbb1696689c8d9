// Part of `npm run check`: no regular expression of ours may need more than linear time, since they read text from
// outside, in other people's processes. Arguments are folders to look into instead of ours.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { regexesIn } from './regexes/find.js';
import { troubleWith } from './regexes/judge.js';
import { root } from './run.js';

const FOLDERS = ['lib', 'integrations', 'platform', 'samples', 'web'];

/** Expressions that are put together at run time, each with the reason why it is harmless. */
const PUT_TOGETHER = new Map([
  ['lib/report/redact/prose.ts', 'of literals in the same file, and of host names that are escaped'],
]);

const folders = process.argv.length > 2 ? process.argv.slice(2) : FOLDERS.map((name) => join(root, name));
let count = 0;
let troubles = 0;
for (const path of folders.flatMap(sourcesBelow)) {
  const file = relative(root, path).replaceAll('\\', '/');
  for (const { line, source, flags } of regexesIn(file, readFileSync(path, 'utf8'))) {
    count += 1;
    const trouble = source === null ? putTogether(file) : troubleWith(source, flags);
    if (trouble === null) continue;
    troubles += 1;
    console.error(`${file}:${line} ${source === null ? '' : `/${source}/${flags} `}${trouble}`);
  }
}
console.log(`${count} regular expressions looked at, ${troubles} in trouble.`);
// An empty list would mean that this script has a bug.
process.exitCode = troubles === 0 && count > 0 ? 0 : 1;

function sourcesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/[\\/](?:node_modules|dist)[\\/]/.test(path));
}

function putTogether(file) {
  return PUT_TOGETHER.has(file) ? null : 'is put together at run time: write it as a literal';
}
