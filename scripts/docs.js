// `npm run docs`: writes what is generated into the README. A test fails when that was forgotten.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './run.js';
import { build, install } from './setup.js';

await install();
await build();

const { settingsMarkdown } = await import(pathToFileURL(join(root, 'dist', 'esm', 'lib', 'options.js')).href);
const readme = join(root, 'README.md');
const section = /(<!-- settings: .* -->\n)[\s\S]*(<!-- \/settings -->)/;
writeFileSync(
  readme,
  readFileSync(readme, 'utf8').replace(section, (_, begin, end) => `${begin}${settingsMarkdown()}${end}`),
);
