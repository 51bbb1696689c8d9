import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openIdentity } from '../../platform/identities/index.js';
import { Program } from '../cli/program.js';
import { allRows, fillOddly, withDatabase } from '../platform/transfer/fixtures.js';
import { MarkdownPage } from '../support/markdown.js';
import { PostgresServer, postgresAvailable } from '../support/postgres.js';

/** The platform's database in the guide, as its readers have it. */
const GUIDE_URL = /postgres:\/\/platform@db\.example\//g;
const blocks = MarkdownPage.read('docs/guides/platform-data.md')
  .fences.filter(({ language }) => language === 'sh')
  .map(({ code }) => code);

let folder: string;
let program: Program;
let server: PostgresServer;
let base: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-guide-'));
  program = await Program.build('platform/cli/main.ts');
});
afterAll(async () => {
  await server?.stop();
  await program.remove();
  await rm(folder, { recursive: true, force: true });
});

/** Runs the one block of the page with these words in it, in the folder. */
async function follow(words: string): Promise<void> {
  const [block, ...more] = blocks.filter((text) => text.includes(words));
  if (block === undefined || more.length > 0) throw new Error(`not one block of the page has: ${words}`);
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  const npx = `#!/bin/sh\nshift\nexec ${process.execPath} ${join(program.folder, 'main.mjs')} "$@"\n`;
  await writeFile(join(bin, 'npx'), npx);
  await chmod(join(bin, 'npx'), 0o755);
  const { PATH = '', ...administration } = server?.administration ?? { PATH: process.env.PATH };
  await promisify(execFile)('sh', ['-e', '-c', block.replaceAll(GUIDE_URL, base)], {
    cwd: folder,
    env: { PATH: [bin, PATH].join(delimiter), ...administration },
  });
}

const rowsIn = (name: string) => withDatabase(join(folder, name), allRows);

describe.runIf(postgresAvailable())('the guide to the data of the platform, followed', () => {
  it('leads through backup, restore, PostgreSQL and back, and a file: always with all rows, and the key', {
    tags: ['slow'],
    timeout: 120_000,
  }, async () => {
    server = await PostgresServer.start();
    base = new URL('.', await server.createDatabase()).href;
    const { id } = await openIdentity(join(folder, 'platform-data'));
    await withDatabase(join(folder, 'platform-data'), (database) => fillOddly(database, id));
    const rows = await rowsIn('platform-data');

    await follow('backup --data ./platform-data');
    expect(await rowsIn('backup-monday')).toEqual(rows);
    await follow('mv ./platform-data ');
    expect(await rowsIn('platform-data')).toEqual(rows);
    expect((await openIdentity(join(folder, 'platform-data'))).id).toBe(id);

    await follow('move --from ./platform-data');
    expect(await withDatabase(`${base}fleet`, allRows)).toEqual(rows);
    await follow('pg_dump');
    await follow('pg_restore');
    expect(await withDatabase(`${base}restored`, allRows)).toEqual(rows);
    const [original, restored] = await Promise.all(
      ['fleet', 'restored'].map((name) =>
        withDatabase(`${base}${name}`, ({ tables }) =>
          tables.selectFrom('identities').select('sealed_key').execute(),
        ),
      ),
    );
    expect(restored).toEqual(original);

    await follow('move --to ./platform-data-again');
    expect(await rowsIn('platform-data-again')).toEqual(rows);
    await follow('export --from ./platform-data ');
    expect(await rowsIn('platform-data-imported')).toEqual(rows);
    for (const name of ['platform-data-again', 'platform-data-imported'])
      expect((await openIdentity(join(folder, name))).id).toBe(id);

    // A file is what the page shows.
    const [sample = ''] = MarkdownPage.read('docs/guides/platform-data.md')
      .fences.filter(({ language }) => language === 'text')
      .map(({ code }) => code);
    const lines = sample
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    await promisify(execFile)('gunzip', [join(folder, 'platform.jsonl.gz')]);
    const real = (await readFile(join(folder, 'platform.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(Object.keys(real[0])).toEqual(Object.keys(lines[0]));
    expect(Object.keys(real.at(-1))).toEqual(Object.keys(lines.at(-1)));
    expect(real).toContainEqual(lines[1]);
  });
});
