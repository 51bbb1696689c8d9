import { readFile } from 'node:fs/promises';

/**
 * How many datagrams this machine has cut into fragments. Node cannot forbid that, while iroh's QUIC does: what passes
 * in pieces alone does not pass for iroh. Null: this system does not tell.
 */
export async function datagramsFragmented(family: 4 | 6): Promise<number | null> {
  try {
    const text = await readFile(family === 4 ? '/proc/net/snmp' : '/proc/net/snmp6', 'utf8');
    const found = family === 4 ? valueBelow(text, 'Ip:', 'FragOKs') : /^Ip6FragOKs\s+(\d+)/m.exec(text)?.[1];
    return found === undefined ? null : Number(found);
  } catch {
    return null;
  }
}

/** A table of two lines: names above, numbers below. */
function valueBelow(text: string, start: string, name: string): string | undefined {
  const [names = [], values = []] = text
    .split('\n')
    .filter((line) => line.startsWith(start))
    .map((line) => line.split(/\s+/));
  const at = names.indexOf(name);
  return at < 0 ? undefined : values[at];
}
