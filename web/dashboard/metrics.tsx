import { useState } from 'preact/hooks';
import { ago } from '../words/format.js';
import type { MetricsAnswer } from './answers.js';
import { useNow } from './use-now.js';

type Session = MetricsAnswer['items'][number];

/** The latest values of an endpoint's metrics. */
export function Metrics({ session: { rows, total, updatedAt } }: { session: Session }) {
  const now = useNow();
  const [filter, setFilter] = useState('');
  const wanted = filter.trim().toLowerCase();
  const shown = rows.filter(({ name, labels }) => `${name} ${labels}`.toLowerCase().includes(wanted));
  const cut = total > rows.length ? `, the first ${rows.length} of ${total}` : '';
  return (
    <div class="metrics">
      <p class="small muted">
        {rows.length} values, {ago(updatedAt, now)}
        {cut}
      </p>
      <details>
        <summary>Values</summary>
        <label class="field" for="metrics-filter">
          Filter by name or label
          <input
            id="metrics-filter"
            type="search"
            autoComplete="off"
            value={filter}
            onInput={({ currentTarget }) => setFilter(currentTarget.value)}
          />
        </label>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and is read by keyboard alone */}
        <section class="scroll" tabIndex={0} aria-label="Metrics values">
          <table>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Kind</th>
                <th scope="col">Value</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((row) => (
                <Row key={`${row.name} ${row.labels}`} row={row} />
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </div>
  );
}

function Row({ row: { name, labels, help, type, value, buckets } }: { row: Session['rows'][number] }) {
  return (
    <tr>
      <td>
        <span class="mono">{name}</span>
        {labels !== '' && <span class="mono muted"> {`{${labels}}`}</span>}
        {help !== '' && <div class="small muted">{help}</div>}
      </td>
      <td class="small muted">{type}</td>
      <td class="value">
        {value}
        {buckets.length > 0 && <div class="small muted">{buckets.join(' · ')}</div>}
      </td>
    </tr>
  );
}
