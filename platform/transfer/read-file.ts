import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { InvalidValue, messageOf, NetDiagnosticsError, printable } from 'iroh-net-diagnostics/services';
import {
  type Batch,
  type Cell,
  type Contents,
  type End,
  type Keys,
  MAX_LINE,
  parseHead,
  parseKeys,
  parseLine,
} from './format.js';
import { linesOf } from './lines.js';

/** Whatever comes first: so many rows, or bytes of their lines, are in memory at once. */
const MAX_BATCH_ROWS = 500;
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
const CHUNK_SIZE = 256 * 1024;
const GZIP_MAGIC = Buffer.of(0x1f, 0x8b);

/**
 * Opens an export and reads its first lines; a compressed one is known by its first bytes. `close` in any case.
 * @throws `ERR_SETTING` when there is no such file; `ERR_STORE` when it is no export, or one of a newer program. The batches throw
 * `ERR_STORE`, which names the line
 */
export async function openExport(path: string): Promise<Contents & { close(): Promise<void> }> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw new NetDiagnosticsError('ERR_SETTING', `${path} cannot be read: ${messageOf(error)}.`, {
      cause: error,
    });
  });
  try {
    const contents = await readExport(await bytesOf(file));
    return { ...contents, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function bytesOf(file: FileHandle): Promise<AsyncIterable<Uint8Array>> {
  const { buffer } = await file.read(Buffer.alloc(GZIP_MAGIC.length), 0, GZIP_MAGIC.length, 0);
  const raw = chunksOf(file);
  return buffer.equals(GZIP_MAGIC) ? gunzipped(raw) : raw;
}

async function* chunksOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (let position = 0; ; ) {
    // Each chunk is a buffer of its own: lines are parts of it.
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK_SIZE), 0, CHUNK_SIZE, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function* gunzipped(raw: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: CHUNK_SIZE });
  const failed = new Promise<unknown>((resolve) => pipeline(Readable.from(raw), gunzip, resolve));
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } catch (error) {
    throw new NetDiagnosticsError(
      'ERR_STORE',
      `The file is cut or damaged: it cannot be decompressed (${messageOf(error)}).`,
      { cause: error },
    );
  }
  await failed;
}

/** @throws `ERR_STORE`, as do the batches: the message names the line */
export async function readExport(bytes: AsyncIterable<Uint8Array>): Promise<Contents> {
  const reader = new ExportReader(bytes);
  const head = reader.take(await reader.next(), parseHead);
  const keys: Keys = head.hasKeys ? reader.take(await reader.next(), parseKeys) : new Map();
  return { head, keys, batches: reader.batches() };
}

/** Reads line by line, and keeps the hash of what it took. */
class ExportReader {
  readonly #lines: AsyncIterator<Uint8Array[]>;
  readonly #hash = createHash('sha256');
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  readonly #counts = new Map<string, number>();
  #ready: Uint8Array[] = [];
  #used = 0;
  /** Of the line that was read last. */
  #number = 0;
  #table: { name: string; columns: readonly string[] } | null = null;
  #rows: (readonly Cell[])[] = [];
  /** Its line. */
  #firstRow = 0;
  #bytes = 0;

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#lines = linesOf(bytes, MAX_LINE)[Symbol.asyncIterator]();
  }

  /** @throws `ERR_STORE` when there is none */
  async next(): Promise<Uint8Array> {
    const line = await this.#nextOrNone();
    if (line !== null) return line;
    throw new NetDiagnosticsError(
      'ERR_STORE',
      this.#number === 0
        ? 'The file is empty.'
        : `The file is cut: line ${this.#number} is its last, and that is not the end of an export.`,
    );
  }

  /** Reads a line that belongs to the hash. */
  take<T>(line: Uint8Array, parse: (text: string) => T): T {
    const taken = this.#parse(line, parse);
    this.#hash.update(line).update('\n');
    return taken;
  }

  async *batches(): AsyncGenerator<Batch> {
    for (;;) {
      const bytes = await this.next();
      const line = this.#parse(bytes, parseLine);
      if (line.kind === 'end') {
        yield* this.#flush();
        await this.#checkEnd(line.end);
        return;
      }
      this.#hash.update(bytes).update('\n');
      if (line.kind === 'table') {
        yield* this.#flush();
        this.#open(line);
        continue;
      }
      this.#add(line.cells, bytes.length);
      if (this.#rows.length >= MAX_BATCH_ROWS || this.#bytes >= MAX_BATCH_BYTES) yield* this.#flush();
    }
  }

  #open({ name, columns }: { name: string; columns: readonly string[] }): void {
    if (this.#counts.has(name)) throw this.#wrong(`the table ${printable(name)} comes twice`);
    this.#counts.set(name, 0);
    this.#table = { name, columns };
  }

  #add(cells: readonly Cell[], bytes: number): void {
    if (this.#table === null) throw this.#wrong('a row comes before the table that it belongs to');
    const { name, columns } = this.#table;
    if (cells.length !== columns.length) {
      const of = `${printable(name)} has ${columns.length} columns`;
      throw this.#wrong(`it has ${cells.length} cells, and ${of}`);
    }
    if (this.#rows.length === 0) this.#firstRow = this.#number;
    this.#rows.push(cells);
    this.#bytes += bytes;
  }

  *#flush(): Generator<Batch> {
    if (this.#table === null || this.#rows.length === 0) return;
    const { name, columns } = this.#table;
    const rows = this.#rows;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + rows.length);
    this.#rows = [];
    this.#bytes = 0;
    yield { table: name, columns, rows, line: this.#firstRow };
  }

  async #checkEnd(end: End): Promise<void> {
    for (const table of new Set([...this.#counts.keys(), ...Object.keys(end.rows)])) {
      const [here, told] = [this.#counts.get(table) ?? 0, end.rows[table] ?? 0];
      const of = `rows of ${printable(table)}`;
      if (here !== told) throw this.#wrong(`it says ${told} ${of}, and there are ${here}: lines are missing`);
    }
    if (end.sha256 !== this.#hash.digest('hex'))
      throw this.#wrong('its SHA-256 is not that of the lines before: the file was changed or damaged');
    if ((await this.#nextOrNone()) !== null) throw this.#wrong('there is more behind the end');
  }

  async #nextOrNone(): Promise<Uint8Array | null> {
    while (this.#used === this.#ready.length) {
      const { done, value } = await this.#lines.next();
      if (done === true) return null;
      this.#ready = value;
      this.#used = 0;
    }
    const line = this.#ready[this.#used] ?? null;
    this.#used += 1;
    this.#number += 1;
    return line;
  }

  #parse<T>(line: Uint8Array, parse: (text: string) => T): T {
    let text: string;
    try {
      text = this.#decoder.decode(line);
    } catch {
      throw this.#wrong('it is no UTF-8');
    }
    try {
      return parse(text);
    } catch (error) {
      if (error instanceof InvalidValue) throw this.#wrong(messageOf(error));
      throw error;
    }
  }

  #wrong(why: string): NetDiagnosticsError {
    return new NetDiagnosticsError('ERR_STORE', `Line ${this.#number}: ${why}.`);
  }
}
