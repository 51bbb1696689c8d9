import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { codeOf } from 'iroh-net-diagnostics/services';
import type { LineCounter, ParsedNode } from 'yaml';
import { ConfigError } from './row.js';

/** Longest file in bytes. One with every setting and a hundred of its lines has a tenth of it. */
const MAX_FILE = 64 * 1024;

/** What a file says of one setting. */
export interface FileEntry {
  /** As the file has it: texts, numbers, lists, mappings; `null`: the key stands there alone, as when all of a list is comments. */
  value: unknown;
  line: number;
}

/** Reads a configuration file: YAML 1.2, or JSON, which is YAML too. @throws {@link ConfigError} */
export async function readConfigFile(file: string): Promise<ReadonlyMap<string, FileEntry>> {
  const text = await readText(file);
  // Only who has such a file waits for the parser.
  const { LineCounter, isAlias, isMap, isScalar, parseDocument, visit } = await import('yaml');
  const lines = new LineCounter();
  const fail = (problem: string, at?: number): never => {
    throw new ConfigError([`${place(file, at === undefined ? null : lineAt(lines, at))}: ${problem}`]);
  };
  const read = () => {
    const document = parseDocument(text, {
      lineCounter: lines,
      // The pretty form quotes lines of the file, and these may hold a secret.
      prettyErrors: false,
      merge: false,
      // Its own search takes each key together with each other one.
      uniqueKeys: false,
      resolveKnownTags: false,
    });
    const [wrong] = [...document.errors, ...document.warnings];
    if (wrong !== undefined) return fail(`${firstLine(wrong.message)}.`, wrong.pos[0]);
    visit(document, {
      Alias: (_key, alias) => fail('aliases (*) are not taken.', alias.range?.[0]),
      Map: (_key, { items }) => {
        const seen = new Set<unknown>();
        for (const { key } of items) {
          if (!isScalar(key)) continue;
          if (seen.has(key.value)) fail('this key is there twice.', key.range?.[0]);
          seen.add(key.value);
        }
      },
    });
    const entries = new Map<string, FileEntry>();
    const { contents } = document;
    if (contents === null || (isScalar(contents) && contents.value === null)) return entries;
    if (!isMap<ParsedNode, ParsedNode | null>(contents))
      return fail(
        'it has to be a mapping, a line for each setting: "dashboard-port: 8080".',
        contents.range[0],
      );
    for (const { key, value } of contents.items) {
      const at = key.range[0];
      if (!isScalar(key) || typeof key.value !== 'string' || isAlias(value))
        return fail('a name of a setting is expected here.', at);
      entries.set(key.value, { value: value?.toJS(document) ?? null, line: lineAt(lines, at) });
    }
    return entries;
  };
  try {
    return read();
  } catch (error) {
    // The parser calls itself for each level.
    if (error instanceof RangeError) return fail('it has too many levels inside each other.');
    throw error;
  }
}

/** How errors name a place in the file. */
export function place(file: string, line: number | null): string {
  return line === null ? file : `${basename(file)}, line ${line}`;
}

function lineAt(lines: LineCounter, at: number): number {
  return lines.linePos(at).line;
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/[.:]$/, '');
}

/** A small text file, whatever it is. @throws {@link ConfigError} */
export async function readText(file: string): Promise<string> {
  let handle: FileHandle | null = null;
  try {
    handle = await open(file);
    const bytes = await head(handle);
    if (bytes.length > MAX_FILE)
      throw new ConfigError([`${file}: it is larger than ${MAX_FILE / 1024} KiB.`]);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if (error instanceof TypeError)
      throw new ConfigError([`${file}: it is no text in UTF-8.`], { cause: error });
    throw new ConfigError([`${file} cannot be read: ${codeOf(error)}.`], { cause: error });
  } finally {
    await handle?.close();
  }
}

/** At most a byte more than is taken: its size says nothing of a device or a pipe. */
async function head(handle: FileHandle): Promise<Buffer> {
  const buffer = Buffer.alloc(MAX_FILE + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}
