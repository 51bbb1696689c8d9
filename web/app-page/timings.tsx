import { useState } from 'preact/hooks';
import { Bar } from '../components/bar.js';
import type { ProbeRow } from '../words/probes.js';

/** More probes than this are folded away at first. */
const MAX_OPEN_PROBES = 24;

/** When each probe ran, and how it ended. */
export function Timings({ sentence, rows }: { sentence: string; rows: readonly ProbeRow[] }) {
  const [isOpen] = useState(rows.length <= MAX_OPEN_PROBES);
  return (
    <details open={isOpen}>
      <summary>{sentence}</summary>
      <ol class="probes">
        {rows.map((row) => (
          <Probe key={row.ref} row={row} />
        ))}
      </ol>
    </details>
  );
}

function Probe({ row: { name, target, outcome, level, start, width, took, error } }: { row: ProbeRow }) {
  return (
    <li>
      <span class="what">
        <span>{name}</span>
        {target !== '' && <span class="mono muted">{target}</span>}
      </span>
      <span class={`chip ${level}`}>{outcome}</span>
      <Bar start={start} width={width} />
      <span class="took number">{took}</span>
      {error !== '' && <span class="error small muted">{error}</span>}
    </li>
  );
}
