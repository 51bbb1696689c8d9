// The picture of the house: its floors, as the rules of the import check have them.
import { FLOORS } from '../../.dependency-cruiser.js';

const WIDTH = 92;

/** The floors as a drawing in text, the highest first. */
export function houseMarkdown() {
  const rule = `+${'-'.repeat(WIDTH + 2)}+`;
  const floors = [...FLOORS]
    .reverse()
    .flatMap((rooms) => [rule, ...linesOf(rooms).map((line) => `| ${centred(line)} |`)]);
  return ['```text', ...floors, rule, '```', ''].join('\n');
}

/** The names of a floor's rooms, in as many lines as they need. */
function linesOf(rooms) {
  const lines = [''];
  for (const room of rooms) {
    const longer = lines.at(-1) === '' ? room : `${lines.at(-1)}  ·  ${room}`;
    if (longer.length <= WIDTH) lines[lines.length - 1] = longer;
    else lines.push(room);
  }
  return lines;
}

function centred(text) {
  return text.padStart(Math.floor((WIDTH + text.length) / 2)).padEnd(WIDTH);
}
