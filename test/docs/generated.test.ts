import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../lib/cli/commands.js';
import { settingsMarkdown } from '../../lib/options/index.js';
import { type JsonSchema, REPORT_SCHEMA } from '../../lib/report/index.js';
import { createProgram } from '../../platform/cli/program.js';
import * as config from '../../platform/config/index.js';
import { Platform } from '../../platform/index.js';
import { ROOT } from '../support/markdown.js';

interface Section {
  page: string;
  name: string;
  text: string;
}

/** Of `scripts/docs/sections.js`. */
interface Sections {
  generatedSections(sources: object): Promise<Section[]>;
  withSection(section: Section, before?: string): string;
}

interface ApiPage {
  apiDocument(platform: typeof Platform): Promise<string>;
  apiMarkdown(document: string): string;
}

// By its URL: the scripts are plain JavaScript, which the type check leaves out.
const { generatedSections, withSection }: Sections = await import(
  pathToFileURL(join(ROOT, 'scripts', 'docs', 'sections.js')).href
);
/** Of `scripts/docs/llms.js`. */
const { llmsText }: { llmsText(): string } = await import(
  pathToFileURL(join(ROOT, 'scripts', 'docs', 'llms.js')).href
);
/** Of `scripts/docs/api-page.js`. */
const { apiDocument, apiMarkdown }: ApiPage = await import(
  pathToFileURL(join(ROOT, 'scripts', 'docs', 'api-page.js')).href
);
const sections = await generatedSections({
  settingsMarkdown,
  COMMANDS,
  REPORT_SCHEMA,
  createProgram,
  config,
});

describe('what is generated', () => {
  it.each(sections.map((section) => [section.page, section.name, section] as const))(
    'stands in %s as the code has it: %s',
    (page, _, section) => {
      const before = readFileSync(join(ROOT, page), 'utf8');
      expect(before, 'run: npm run docs').toBe(withSection(section, before));
    },
  );

  it('is all of llms.txt, which names every guide', () => {
    const text = readFileSync(join(ROOT, 'llms.txt'), 'utf8');
    expect(text, 'run: npm run docs').toBe(llmsText());
    const guides = readdirSync(join(ROOT, 'docs', 'guides'));
    expect(guides.filter((guide) => !text.includes(`(docs/guides/${guide})`))).toEqual([]);
    const linked = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, file = '']) => file);
    expect(linked.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  it('is the document of the API, and the page about it', async () => {
    const document = await apiDocument(Platform);
    expect(readFileSync(join(ROOT, 'platform', 'openapi.json'), 'utf8'), 'run: npm run docs').toBe(document);
    expect(readFileSync(join(ROOT, 'docs', 'api.md'), 'utf8'), 'run: npm run docs').toBe(
      apiMarkdown(document),
    );
  });

  it('is missed where its place is not marked', () => {
    const [section] = sections;
    if (section === undefined) throw new Error('nothing is generated');
    expect(() => withSection(section, 'a page')).toThrow(/no section/);
  });

  it('names every member of the report, with what it means', () => {
    const page = sections.find(({ name }) => name === 'report')?.text ?? '';
    const visit = (schema: JsonSchema, at: string): string[] =>
      Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
        const { description = '' } = member;
        const isShown = page.includes(`| \`${name}\``) && page.includes(description);
        return [
          ...(description !== '' && isShown ? [] : [`${at}.${name}`]),
          ...visit(member, `${at}.${name}`),
        ];
      });
    const objects = Object.entries(REPORT_SCHEMA.$defs ?? {}).filter(([, { properties }]) => properties);
    expect(objects.length).toBeGreaterThan(20);
    const missing = [
      visit(REPORT_SCHEMA, '$'),
      ...objects.map(([name, schema]) => visit(schema, name)),
    ].flat();
    // What a conclusion is made of is shown where that stands.
    expect(missing.filter((member) => !/\.(reason|evidence|value)$/.test(member))).toEqual([]);
  });
});
