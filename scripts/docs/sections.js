// Which sections of which pages are generated. Each is between two comments, which say so.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../run.js';
import {
  commandsMarkdown,
  helpMarkdown,
  platformCommandsMarkdown,
  platformHelpMarkdown,
} from './commands-page.js';
import { configMarkdown } from './config-page.js';
import { houseMarkdown } from './house-page.js';
import { reportMarkdown } from './report-page.js';

/**
 * All sections: page, name, and the text that has to stand there.
 * @param sources - `settingsMarkdown`, `COMMANDS` and `REPORT_SCHEMA` of `lib/`, and `createProgram` and `config` of `platform/`, compiled or not
 */
export async function generatedSections({
  settingsMarkdown,
  COMMANDS,
  REPORT_SCHEMA,
  createProgram,
  config,
}) {
  return [
    { page: 'README.md', name: 'settings', text: settingsMarkdown() },
    {
      page: 'README.md',
      name: 'commands',
      text:
        commandsMarkdown(COMMANDS, 'docs/guides/command-line.md') +
        platformCommandsMarkdown(createProgram(), 'docs/guides/self-hosting.md'),
    },
    {
      page: 'docs/guides/self-hosting.md',
      name: 'help',
      text: platformHelpMarkdown(createProgram()),
    },
    { page: 'docs/guides/configuration.md', name: 'settings', text: configMarkdown(config) },
    { page: 'docs/guides/command-line.md', name: 'help', text: await helpMarkdown(COMMANDS) },
    { page: 'docs/report.md', name: 'report', text: reportMarkdown(REPORT_SCHEMA) },
    { page: 'docs/decisions/house.md', name: 'floors', text: houseMarkdown() },
  ];
}

/** The page with this section as it has to be. @throws Error when the page has no such section */
export function withSection({ page, name, text }, before = readFileSync(join(root, page), 'utf8')) {
  const section = new RegExp(`(<!-- ${name}: .* -->\\n)[\\s\\S]*(<!-- /${name} -->)`);
  if (!section.test(before))
    throw new Error(`${page} has no section <!-- ${name}: … --> … <!-- /${name} -->`);
  return before.replace(section, (_, begin, end) => `${begin}${text}${end}`);
}
