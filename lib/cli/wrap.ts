/** On a narrower terminal, wrapped lines are no easier to read than cut ones. */
const MIN_COLUMNS = 40;
/** How much further a continuation is indented than its line. */
const HANG = 4;

/**
 * Breaks lines at spaces so that they fit a terminal; continuations are indented further than their line.
 * @param columns - undefined: no terminal, the text stays as it is
 */
export function wrap(text: string, columns: number | undefined): string {
  if (columns === undefined || columns < MIN_COLUMNS) return text;
  return text
    .split('\n')
    .map((line) => wrapLine(line, columns))
    .join('\n');
}

function wrapLine(line: string, columns: number): string {
  const indent = ' '.repeat((/^ */.exec(line)?.[0].length ?? 0) + HANG);
  const lines: string[] = [];
  let rest = line;
  while (widthOf(rest) > columns) {
    const at = rest.lastIndexOf(' ', columns);
    // One long word (an id, a URL) is left whole: it is there to be copied.
    const end = at > indent.length ? at : rest.indexOf(' ', columns);
    if (end < 0) break;
    lines.push(rest.slice(0, end).trimEnd());
    rest = indent + rest.slice(end).trimStart();
  }
  return [...lines, rest].join('\n');
}

/** In columns, without the escape codes of colours. */
function widthOf(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape code begins with one
  return text.replace(/\x1b\[\d*m/g, '').length;
}
