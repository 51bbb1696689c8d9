import { createHash, randomBytes } from 'node:crypto';
import { lstat, open, rm } from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { FILE_MODE, messageOf, NetDiagnosticsError, publishFile } from 'iroh-net-diagnostics/services';
import { type Contents, formatEnd, formatHead, formatKeys, formatRow, formatTable } from './format.js';

/** Characters or bytes that are gathered before they are handed on. */
const CHUNK_SIZE = 256 * 1024;
/** Twice as fast as zlib's usual level, a tenth larger. */
const GZIP_LEVEL = 3;

/** What was written. */
export interface Written {
  /** By table. */
  rows: Readonly<Record<string, number>>;
  /** Of the file. */
  bytes: number;
}

/**
 * Writes an export (mode 0600), compressed when its name ends in `.gz`. It gets its name when it is complete and on disk;
 * whatever goes wrong before leaves no file.
 * @throws `ERR_SETTING` when the file exists or cannot be made; what reading the contents throws; the signal's reason
 */
export async function writeExport(path: string, contents: Contents, signal: AbortSignal): Promise<Written> {
  if (await isThere(path)) throw taken(path);
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const file = await open(draft, 'wx', FILE_MODE).catch((error: unknown) => {
    throw new NetDiagnosticsError('ERR_SETTING', `${path} cannot be made: ${messageOf(error)}.`, {
      cause: error,
    });
  });
  try {
    const rows: Record<string, number> = {};
    let bytes = 0;
    await pipeline(
      Readable.from(formatted(contents, rows), { objectMode: false }),
      path.endsWith('.gz') ? createGzip({ level: GZIP_LEVEL, chunkSize: CHUNK_SIZE }) : new PassThrough(),
      async (chunks: AsyncIterable<Uint8Array>) => {
        for await (const chunk of chunks) bytes += (await file.write(chunk)).bytesWritten;
      },
      { signal },
    );
    await file.sync();
    if (!(await publishFile(draft, path))) throw taken(path);
    return { rows, bytes };
  } catch (error) {
    // A pipeline hides the signal's reason behind an AbortError of its own.
    signal.throwIfAborted();
    throw error;
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
}

async function* formatted(contents: Contents, rows: Record<string, number>): AsyncGenerator<string> {
  const hash = createHash('sha256');
  const { head, keys, batches } = contents;
  let text = `${formatHead(head)}\n`;
  if (head.hasKeys) text += `${formatKeys(keys)}\n`;
  let open: string | null = null;
  for await (const batch of batches) {
    if (batch.table !== open) text += `${formatTable(batch.table, batch.columns)}\n`;
    open = batch.table;
    rows[batch.table] = (rows[batch.table] ?? 0) + batch.rows.length;
    for (const row of batch.rows) {
      text += `${formatRow(row)}\n`;
      if (text.length < CHUNK_SIZE) continue;
      hash.update(text);
      yield text;
      text = '';
    }
  }
  hash.update(text);
  yield `${text}${formatEnd({ rows, sha256: hash.digest('hex') })}\n`;
}

function taken(path: string): NetDiagnosticsError {
  return new NetDiagnosticsError('ERR_SETTING', `${path} exists: name another file, or remove it.`);
}

/** Whether a name is taken, also by a link that leads nowhere. */
export function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
