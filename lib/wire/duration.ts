import { MAX_DURATION_NS } from './limits.js';
import type { PostcardReader } from './postcard-reader.js';
import type { PostcardWriter } from './postcard-writer.js';
import { encodeError } from './wire-error.js';

const NS_PER_MS = 1e6;
const NS_PER_SECOND = 1e9;

/** Writes milliseconds as Rust's `Duration`, rounded to whole nanoseconds. */
export function writeDuration(writer: PostcardWriter, ms: number, field: string): void {
  const ns = Math.round(ms * NS_PER_MS);
  if (!(ns >= 0 && ns <= MAX_DURATION_NS)) throw encodeError(field, 'not between 0 ms and 26 days');
  writer.uint(Math.floor(ns / NS_PER_SECOND), field).u32(ns % NS_PER_SECOND, field);
}

/** Reads a `Duration` as milliseconds. Below the limit, writing the result again gives the same nanoseconds. */
export function readDuration(reader: PostcardReader, field: string): number {
  const start = reader.offset;
  const seconds = reader.uint(field);
  const nanos = reader.u32(field);
  if (nanos >= NS_PER_SECOND) reader.fail(field, `${nanos} nanoseconds are a second or more`, start);
  const ns = seconds * NS_PER_SECOND + nanos;
  if (ns > MAX_DURATION_NS) reader.fail(field, 'longer than 26 days', start);
  return ns / NS_PER_MS;
}
