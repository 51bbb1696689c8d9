// `npm run docs`: writes what is generated into the pages. A test fails when that was forgotten.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { apiDocument, apiMarkdown } from './docs/api-page.js';
import { llmsText } from './docs/llms.js';
import { generatedSections, withSection } from './docs/sections.js';
import { root } from './run.js';
import { build, install } from './setup.js';

await install();
await build();

// Reads the compiled modules in build/, each in its own file: in dist/ they are put together.
const compiled = (...path) => import(pathToFileURL(join(root, 'build', 'esm', 'lib', ...path)).href);
const platform = (...path) =>
  import(pathToFileURL(join(root, 'build', 'platform', 'platform', ...path)).href);
const [{ settingsMarkdown }, { COMMANDS }, { REPORT_SCHEMA }, { createProgram }, config, { Platform }] =
  await Promise.all([
    compiled('options', 'index.js'),
    compiled('cli', 'commands.js'),
    compiled('report', 'schema', 'index.js'),
    platform('cli', 'program.js'),
    platform('config', 'index.js'),
    platform('index.js'),
  ]);
for (const section of await generatedSections({
  settingsMarkdown,
  COMMANDS,
  REPORT_SCHEMA,
  createProgram,
  config,
})) {
  writeFileSync(join(root, section.page), withSection(section));
}
writeFileSync(join(root, 'llms.txt'), llmsText());
const document = await apiDocument(Platform);
writeFileSync(join(root, 'platform', 'openapi.json'), document);
writeFileSync(join(root, 'docs', 'api.md'), apiMarkdown(document));
