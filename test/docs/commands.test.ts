import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS, findCommand } from '../../lib/cli/commands.js';
import { SETTINGS } from '../../lib/options/table.js';
import { createProgram } from '../../platform/cli/program.js';
import { type MarkdownPage, markdownPages, ROOT } from '../support/markdown.js';

const pages = markdownPages();
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** Programs of other people's that the pages use. */
const PROGRAMS = [
  ...['npm', 'npx', 'node', 'curl', 'ssh', 'pm2', 'sudo', 'journalctl', 'kubectl', 'docker', 'sh'],
  ...['cp', 'mv', 'openssl', 'createdb', 'createuser', 'dropdb', 'pg_dump', 'pg_restore'],
];

/** Lines of shell, without variables set before the program. */
function shellLines(page: MarkdownPage): string[] {
  return page.fences
    .filter(({ language }) => language === 'sh')
    .flatMap(({ code }) => code.split('\n'))
    .map((line) => line.replace(/^(\w+=\S* )+/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** Everything that a page says of our own program: in blocks of shell, and in the text between. */
function calls(page: MarkdownPage): string[] {
  const inline = [...page.prose.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code ?? '');
  return [...shellLines(page), ...inline].flatMap((line) => {
    const [, platform = '', words] =
      /^npx (?:-p \S+ )*iroh-net-diagnostics(-platform)? (.+)$/.exec(line) ?? [];
    return words === undefined ? [] : [`${platform === '' ? '' : 'platform: '}${words}`];
  });
}

interface Found {
  name: string;
  rest: readonly string[];
}

function ofOurs(words: readonly string[]): Found | undefined {
  const found = findCommand(words);
  return found && { name: found.entry.name, rest: found.rest };
}

const PLATFORM = createProgram().commands;

/** With the command under it, where it has some. */
function ofThePlatform([, name = '', ...rest]: readonly string[]): Found {
  const command = PLATFORM.find((one) => one.name() === name);
  if (command === undefined || command.commands.length === 0 || rest.length === 0)
    return { name: `platform: ${name}`, rest };
  const [nested = '', ...after] = rest;
  return { name: `platform: ${name} ${nested}`, rest: after };
}

describe('commands in the pages', () => {
  const helps = new Map<string, string>();
  beforeAll(async () => {
    for (const { name, load } of COMMANDS) helps.set(name, (await load()).help);
    for (const command of PLATFORM) {
      for (const nested of command.commands)
        helps.set(`platform: ${command.name()} ${nested.name()}`, nested.helpInformation());
      helps.set(`platform: ${command.name()}`, command.helpInformation());
    }
  });

  const faultOf = (call: string): string | null => {
    const words = call.split(/\s+/).filter((word) => word !== '');
    if (words[0] === '<command>' || words[0] === '--help') return null;
    const found = words[0] === 'platform:' ? ofThePlatform(words) : ofOurs(words);
    const help = helps.get(found?.name ?? '');
    if (found === undefined || help === undefined) return `there is no command "${call}"`;
    const flags = found.rest.filter((word) => word.startsWith('--')).map((word) => word.replace(/=.*/, ''));
    const unknown = flags.find((flag) => flag !== '--help' && !new RegExp(`${flag}\\b`).test(help));
    return unknown === undefined ? null : `${found.name} has no option ${unknown}`;
  };

  it('of our own program exist, with their options', () => {
    const all = pages.flatMap((page) => calls(page).map((call) => ({ page: page.path, call })));
    expect(all.length).toBeGreaterThan(10);
    expect(all.map(({ page, call }) => [page, faultOf(call)]).filter(([, fault]) => fault !== null)).toEqual(
      [],
    );
  });

  it.each([
    ['reprot', 'there is no command'],
    ['report --relays n0', 'has no option --relays'],
    ['platform: secret --label x --json', 'has no option --json'],
    ['platform: sercet', 'there is no command'],
    ['platform: user ad', 'there is no command'],
    ['platform: user list --email a@example.org', 'platform: user list has no option --email'],
    ['platform: user --administrator', 'there is no command'],
  ])('of our own program are found wrong when they are: %s', (call, fault) => {
    expect(faultOf(call)).toContain(fault);
  });

  it('of others are known, and so are the scripts of npm', () => {
    const lines = pages.flatMap(shellLines);
    expect(lines.filter((line) => !PROGRAMS.includes(line.split(' ')[0] ?? ''))).toEqual([]);
    const named = pages.flatMap(({ text }) =>
      [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name),
    );
    expect(named.filter((name) => !Object.hasOwn(scripts, name ?? ''))).toEqual([]);
    expect(named).toContain('demo');
  });

  it('stand in blocks whose language says how they are checked', () => {
    const languages = new Set(pages.flatMap(({ fences }) => fences.map(({ language }) => language)));
    // JavaScript is run, every block, by a test of the page's own.
    expect([...languages].sort()).toEqual([
      ...['dockerfile', 'ini', 'js', 'nginx', 'sh', 'text', 'toml', 'ts', 'yaml'],
    ]);
    const js = pages.filter(({ fences }) => fences.some(({ language }) => language === 'js'));
    expect(js.map(({ path }) => path)).toEqual([
      ...['docs/guides/bundlers.md', 'docs/guides/observability.md', 'docs/guides/pm2-and-cluster.md'],
      'docs/guides/testing.md',
    ]);
  });

  it('name no variable that is none of the settings', () => {
    const variables = new Set(Object.values(SETTINGS).map(({ variable }) => variable));
    const named = pages.flatMap(({ text }) => [
      ...text.matchAll(/\b(?:NET_DIAGNOSTICS_[A-Z_]+[A-Z]|IROH_S[A-Z_]+)\b/g),
    ]);
    expect(named.map(([name]) => name).filter((name) => !variables.has(name))).toEqual([]);
  });
});
