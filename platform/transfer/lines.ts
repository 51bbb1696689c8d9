import { NetDiagnosticsError } from 'iroh-net-diagnostics/services';

const NEWLINE = 0x0a;

/**
 * Splits bytes into lines, without their newlines. At most one line and one chunk are in memory.
 * @param maxLine - bytes
 * @returns the lines that each chunk completes
 * @throws `ERR_STORE` when a line is longer, or the last one has no newline
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  maxLine: number,
): AsyncGenerator<Uint8Array[]> {
  /** The beginning of a line whose end has not come yet. */
  let begun: Uint8Array[] = [];
  let begunSize = 0;
  let count = 0;
  for await (const chunk of chunks) {
    const lines: Uint8Array[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const last = chunk.subarray(start, end);
      if (begunSize + last.length > maxLine) throw tooLong(count + lines.length + 1, maxLine);
      lines.push(begun.length === 0 ? last : Buffer.concat([...begun, last]));
      begun = [];
      begunSize = 0;
      start = end + 1;
    }
    if (start < chunk.length) {
      begun.push(chunk.subarray(start));
      begunSize += chunk.length - start;
    }
    count += lines.length;
    if (begunSize > maxLine) throw tooLong(count + 1, maxLine);
    yield lines;
  }
  if (begunSize > 0)
    throw new NetDiagnosticsError(
      'ERR_STORE',
      `The file is cut: it ends in the middle of line ${count + 1}.`,
    );
}

function tooLong(line: number, maxLine: number): NetDiagnosticsError {
  return new NetDiagnosticsError('ERR_STORE', `Line ${line} is longer than ${maxLine / 1024 / 1024} MiB.`);
}
