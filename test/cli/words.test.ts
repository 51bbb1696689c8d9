import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../lib/cli/commands.js';
import { wrap } from '../../lib/cli/wrap.js';
import { PACKAGE_VERSION } from '../../lib/report/index.js';
import { ApiSecret, SecretKey } from '../../lib/wire/index.js';
import { Program } from './program.js';

let program: Program;
beforeAll(async () => {
  program = await Program.build();
});
afterAll(() => program.remove());

const newSecret = () => {
  const [key, platform] = [randomBytes(32), randomBytes(32)].map((seed) => SecretKey.fromBytes(seed));
  if (key === undefined || platform === undefined) throw new Error('two keys');
  return ApiSecret.create(key, { id: platform.id, relayUrls: [], directAddrs: [] });
};

describe('the words of the command line', () => {
  it('have help for every command, with examples and exit codes', async () => {
    const general = await program.run(['--help']);
    for (const { name, summary } of COMMANDS) {
      expect(general.stdout).toContain(summary);
      const helps = await Promise.all([
        program.run([...name.split(' '), '--help']),
        program.run(['help', ...name.split(' ')]),
      ]);
      for (const { code, stdout, stderr } of helps) {
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        expect(stdout.startsWith(`Usage: iroh-net-diagnostics ${name} `)).toBe(true);
        expect(stdout).toMatch(/Examples?(:|, )/);
        expect(stdout).toContain('Exit codes');
        expect(stdout.split('\n').filter((line) => line.length > 120)).toEqual([]);
      }
    }
    for (const words of [[], ['-h'], ['help']])
      expect((await program.run(words)).stdout).toBe(general.stdout);
  });

  it('show help without loading the native binding', async () => {
    const helps = COMMANDS.map(({ name }) => [...name.split(' '), '--help']);
    for (const words of [['--help'], ['--version'], ...helps]) {
      expect(await program.loadsBinding(words)).toBe(false);
    }
  });

  it('print to a reader that has gone without a crash', async () => {
    for (const words of [['--help'], ['report', '--help'], ['--version']]) {
      const run = program.start(words);
      run.process.stdout.destroy();
      expect(await run.ended).toMatchObject({ code: 0, stderr: '' });
    }
  });

  it('tell the version', async () => {
    for (const word of ['--version', '-V']) {
      expect(await program.run([word])).toMatchObject({
        code: 0,
        stdout: `${PACKAGE_VERSION}\n`,
        stderr: '',
      });
    }
  });

  it.each([
    [['reprot'], 'There is no command "reprot". Did you mean "report"?'],
    [['secret', 'inspetc'], 'There is no command "secret inspetc". Did you mean "secret inspect"?'],
    [['secret'], 'There is no command "secret". Did you mean "secret inspect"?'],
    [['quux'], 'There is no command "quux". iroh-net-diagnostics --help lists them.'],
    [['--jsno'], 'There is no command "--jsno". iroh-net-diagnostics --help lists them.'],
    [['report', '--rely', 'x'], 'There is no option "--rely". Did you mean --relay?'],
    [['doctor', '--gran'], 'There is no option "--gran". Did you mean --grant?'],
    [['doctor', '--quux'], 'There is no option "--quux".'],
    [['report', 'extra'], 'The word "extra" is one too many.'],
    [['report', '--relay'], "Option '--relay <value>' argument missing."],
    [['report', '--json=1'], "Option '--json' does not take an argument."],
    [['report', '--watch=0'], '--watch was "0"; it must be a whole number of seconds from 1 to 86400.'],
    [
      ['report', '--deadline', '1e3'],
      '--deadline was "1e3"; it must be a whole number of milliseconds from 100 to 60000.',
    ],
    [['doctor', '-', '--secret-file', 'x'], 'Give --secret-file or "-", not both.'],
  ])('refuse %j with 64', async (words, message) => {
    expect(await program.run(words)).toMatchObject({ code: 64, stdout: '', stderr: `${message}\n` });
  });

  it('never take a secret as an argument, nor repeat one', async () => {
    const text = newSecret().reveal();
    const places = [
      [text],
      ['doctor', text],
      ['doctor', `--secret=${text}`],
      ['doctor', '--secret-file', text],
      ['secret', 'inspect', text],
      ['secret', 'inspect', text.slice(0, 40)],
      ['report', text.toUpperCase().replace('SERVICES', 'services')],
      ['demo', '--data', `IROH_SERVICES_API_SECRET=${text}`],
      ['doctor', text.slice(8)],
      ['report', text.slice(8)],
      [text.slice(8)],
      ['report', `"${text}"`],
      ['report', '--relay', `https://${text}`],
    ];
    for (const words of places) {
      const { code, stdout, stderr } = await program.run(words);
      expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
      expect(stderr.toLowerCase()).not.toContain(text.slice(12, 24));
    }
    expect((await program.run(['doctor', text])).stderr).toContain('--secret-file FILE');
  });
});

describe('long lines', () => {
  it('are broken at spaces, their rest indented, on a terminal alone', () => {
    const text = `  -> ${'word '.repeat(20)}end\nshort\n`;
    expect(wrap(text, undefined)).toBe(text);
    const lines = wrap(text, 50).split('\n');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(50);
    expect(lines.slice(1, 3).every((line) => line.startsWith('      word'))).toBe(true);
    expect(wrap(text, 50).replace(/\s+/g, ' ')).toBe(text.replace(/\s+/g, ' '));
  });

  it('keep a word whole that is longer than a line', () => {
    const id = 'a'.repeat(64);
    expect(wrap(`platform ${id} at ${id}\n`, 40)).toBe(`platform\n    ${id}\n    at\n    ${id}\n`);
  });
});
