import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Batch, Cell, Contents, Head } from '../../../platform/transfer/format.js';
import { openExport, readExport } from '../../../platform/transfer/read-file.js';
import { writeExport } from '../../../platform/transfer/write-file.js';

const HEAD: Head = {
  ...{ schema: 4, exportedAt: Date.UTC(2026, 10, 27), identities: ['a'.repeat(64)] },
  ...{ projects: ['default'], hasKeys: false },
};
const never = new AbortController().signal;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-export-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function contentsOf(
  tables: Record<string, (readonly Cell[])[]>,
  head = HEAD,
  keys = new Map<string, string>(),
): Contents {
  async function* batches(): AsyncGenerator<Batch> {
    for (const [table, rows] of Object.entries(tables))
      for (let start = 0; start < rows.length; start += 7)
        yield { table, columns: columnsOf(rows), rows: rows.slice(start, start + 7), line: null };
  }
  return { head, keys, batches: batches() };
}

function columnsOf(rows: readonly (readonly Cell[])[]): string[] {
  return (rows[0] ?? []).map((_, index) => `column_${index}`);
}

async function rowsOf(contents: Contents): Promise<Record<string, (readonly Cell[])[]>> {
  const tables: Record<string, (readonly Cell[])[]> = {};
  for await (const { table, rows } of contents.batches) tables[table] = [...(tables[table] ?? []), ...rows];
  return tables;
}

const ODD: (readonly Cell[])[] = [
  ['', null, 0],
  ['line\nbreak\r\u2028\u0000"\\', '', -1],
  ['Ünï😀\u{10ffff}', 'x'.repeat(64 * 1024), Number.MAX_SAFE_INTEGER],
  ['[]', '{}', Number.MIN_SAFE_INTEGER],
];
const MANY = Array.from({ length: 2_000 }, (_, index): readonly Cell[] => [index, `row ${index}`]);

describe('a file of export', () => {
  it.each(['all.jsonl', 'all.jsonl.gz'])(
    'gives back what was put in, and only its owner can read it: %s',
    async (name) => {
      const path = join(folder, name);
      const written = await writeExport(path, contentsOf({ odd: ODD, many: MANY }), never);
      expect(written).toEqual({ rows: { odd: 4, many: 2_000 }, bytes: (await stat(path)).size });
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      expect(await readdir(folder)).toEqual([name]);
      const file = await openExport(path);
      expect(file.head).toEqual(HEAD);
      expect(await rowsOf(file)).toEqual({ odd: ODD, many: MANY });
      await file.close();
    },
  );

  it('is compressed, or lines of JSON that other programs can read', async () => {
    const rows = { tables: [['a', 1]] as (readonly Cell[])[] };
    await writeExport(join(folder, 'plain'), contentsOf(rows), never);
    await writeExport(join(folder, 'small.gz'), contentsOf(rows), never);
    const plain = await readFile(join(folder, 'plain'));
    expect(gunzipSync(await readFile(join(folder, 'small.gz')))).toEqual(plain);
    const lines = plain.toString().trimEnd().split('\n');
    const end = lines.pop() ?? '';
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        ...{ format: 'iroh-net-diagnostics-platform', version: 1, schema: 4 },
        ...{ exportedAt: '2026-11-27T00:00:00.000Z', identities: HEAD.identities },
        ...{ projects: ['default'], keys: false },
      },
      { table: 'tables', columns: ['column_0', 'column_1'] },
      ['a', 1],
    ]);
    const sha256 = createHash('sha256')
      .update(`${lines.join('\n')}\n`)
      .digest('hex');
    expect(JSON.parse(end)).toEqual({ end: true, rows: { tables: 1 }, sha256 });
  });

  it('has the keys in a line of their own, when they go along', async () => {
    const path = join(folder, 'all');
    const keys = new Map([[HEAD.identities[0] ?? '', '07'.repeat(32)]]);
    await writeExport(path, contentsOf({}, { ...HEAD, hasKeys: true }, keys), never);
    expect((await readFile(path, 'utf8')).split('\n')[0]).not.toContain('0707');
    const file = await openExport(path);
    expect(file.keys).toEqual(keys);
    await file.close();
  });

  it('is never written over another one', async () => {
    const path = join(folder, 'all');
    await writeFile(path, 'mine');
    await expect(writeExport(path, contentsOf({}), never)).rejects.toThrow(`${path} exists`);
    expect(await readFile(path, 'utf8')).toBe('mine');
    expect(await readdir(folder)).toEqual(['all']);
  });

  it.each(['all', 'all.gz'])(
    'leaves nothing when it is interrupted, or its source fails: %s',
    async (name) => {
      const path = join(folder, name);
      const interruption = new AbortController();
      const slow = contentsOf({ many: MANY });
      async function* batches() {
        yield* slow.batches;
        interruption.abort(new Error('Ctrl-C'));
        await new Promise((settle) => setTimeout(settle, 20));
        yield* contentsOf({ more: MANY }).batches;
      }
      await expect(writeExport(path, { ...slow, batches: batches() }, interruption.signal)).rejects.toThrow(
        'Ctrl-C',
      );
      async function* failing() {
        yield* contentsOf({ many: MANY }).batches;
        throw new Error('the source is gone');
      }
      await expect(writeExport(path, { ...slow, batches: failing() }, never)).rejects.toThrow(
        'the source is gone',
      );
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it('that does not exist, or cannot be made, is told in one line', async () => {
    await expect(openExport(join(folder, 'none'))).rejects.toThrow(/none cannot be read: ENOENT/);
    await expect(writeExport(join(folder, 'no/where'), contentsOf({}), never)).rejects.toThrow(
      /where cannot be made: ENOENT/,
    );
  });
});

describe('a foreign or damaged file', () => {
  let lines: string[];
  beforeEach(async () => {
    await writeExport(join(folder, 'good'), contentsOf({ odd: ODD, many: MANY.slice(0, 10) }), never);
    lines = (await readFile(join(folder, 'good'), 'utf8')).split('\n');
  });

  async function reading(bytes: Uint8Array | string): Promise<unknown> {
    const path = join(folder, 'bad');
    await writeFile(path, bytes);
    const file = await openExport(path);
    try {
      return await rowsOf(file);
    } finally {
      await file.close();
    }
  }
  const edited = (edit: (lines: string[]) => void) => {
    const copy = [...lines];
    edit(copy);
    return copy.join('\n');
  };

  it.each<[string, (lines: string[]) => void, RegExp]>([
    ['cut between lines', (all) => all.splice(4, all.length, ''), /^The file is cut: line 4 is its last/],
    [
      'cut in a line',
      (all) => all.splice(4, all.length, '["a'),
      /^The file is cut: it ends in the middle of line 5\./,
    ],
    ['a line gone', (all) => all.splice(3, 1), /^Line 17: it says 4 rows of odd, and there are 3/],
    [
      'a line more',
      (all) => all.splice(3, 0, all[3] ?? ''),
      /^Line 19: it says 4 rows of odd, and there are 5/,
    ],
    ['a value changed', (all) => all.splice(2, 1, '["x",null,0]'), /^Line 18: its SHA-256 is not that/],
    ['more behind the end', (all) => all.splice(18, 0, '{}'), /^Line 19: there is more behind the end/],
    [
      'a cell too few',
      (all) => all.splice(2, 1, '["",null]'),
      /^Line 3: it has 2 cells, and odd has 3 columns/,
    ],
    ['a fraction', (all) => all.splice(2, 1, '["",null,0.5]'), /^Line 3: cell 3 is neither/],
    [
      'too large a number',
      (all) => all.splice(2, 1, '["",null,9007199254740993]'),
      /^Line 3: cell 3 is neither/,
    ],
    ['an object in a cell', (all) => all.splice(2, 1, '["",{},1]'), /^Line 3: cell 2 is neither/],
    ['no JSON', (all) => all.splice(2, 1, '["",'), /^Line 3: it is no JSON/],
    ['a row before its table', (all) => all.splice(1, 1), /^Line 2: a row comes before the table/],
    ['a table twice', (all) => all.splice(3, 0, all[1] ?? ''), /^Line 4: the table odd comes twice/],
    [
      'another line',
      (all) => all.splice(2, 1, '{"row":[]}'),
      /^Line 3: it is neither a row nor a table nor the end/,
    ],
    ['no head', (all) => all.splice(0, 1), /^Line 1: it is no export of a platform/],
    [
      'a newer format',
      (all) => all.splice(0, 1, head({ version: 2 })),
      /^The file has version 2 of the format/,
    ],
    ['no schema', (all) => all.splice(0, 1, head({ schema: 'x' })), /^Line 1: schema is no whole number/],
    [
      'no identities',
      (all) => all.splice(0, 1, head({ identities: [7] })),
      /^Line 1: identities is no list of texts/,
    ],
    [
      'no time',
      (all) => all.splice(0, 1, head({ exportedAt: 'yesterday' })),
      /^Line 1: exportedAt is no time/,
    ],
    ['keys promised', (all) => all.splice(0, 1, head({ keys: true })), /^Line 2: it holds no keys/],
    [
      'an end of another form',
      (all) => all.splice(17, 1, '{"end":true,"rows":{"odd":-1}}'),
      /^Line 18: sha256 is no text/,
    ],
  ])('is refused with its line: %s', async (_, edit, why) => {
    await expect(reading(edited(edit))).rejects.toThrow(why);
  });

  function head(change: object): string {
    return JSON.stringify({ ...JSON.parse(lines[0] ?? ''), ...change });
  }

  it('is refused: empty, other bytes, half of a compressed one', async () => {
    await expect(reading('')).rejects.toThrow('The file is empty.');
    await expect(reading(Buffer.of(0xff, 0xfe, 0x0a))).rejects.toThrow('Line 1: it is no UTF-8.');
    const packed = gzipSync(Buffer.concat([Buffer.from(edited(() => {})), randomBytes(1)]));
    await expect(reading(packed.subarray(0, packed.length / 2))).rejects.toThrow(/cannot be decompressed/);
    expect(await reading(gzipSync(edited(() => {})))).toMatchObject({ odd: ODD });
  });

  it('never repeats a key', async () => {
    const withKeys = [head({ keys: true }), '{"keys":{"a":"5eed5eed"'].join('\n');
    await expect(reading(`${withKeys}\n`)).rejects.toThrow(/^Line 2: it is no JSON\.$/);
  });

  it('whose line has no end is given up, and not kept in memory', async () => {
    let read = 0;
    async function* endless() {
      for (;;) {
        read += 1;
        yield Buffer.alloc(1024 * 1024, 'x');
      }
    }
    await expect(readExport(endless())).rejects.toThrow('Line 1 is longer than 16 MiB.');
    expect(read).toBeLessThanOrEqual(18);
  });
});
