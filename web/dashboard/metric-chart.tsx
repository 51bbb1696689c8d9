import { useEffect, useState } from 'preact/hooks';
import { type ChartView, HEIGHT, valueText, viewLine, WIDTH } from '../words/chart.js';
import { dateTime } from '../words/format.js';
import type { ListAnswer, MetricNameJson, MetricSeriesJson } from './answers.js';
import { getJson, inProject, messageOf } from './api.js';

const HOUR_MS = 3_600_000;
const SPANS: readonly (readonly [hours: number, words: string])[] = [
  [3, '3 hours'],
  [3 * 24, '3 days'],
  [30 * 24, '30 days'],
  [400 * 24, '400 days'],
];
/** Lines on the page; a metric with more labels than that is for a better tool. */
const MAX_LINES = 8;
/** Rows of the table of a line. */
const MAX_ROWS = 50;
const POINTS = 200;

/** What the chart shows. */
interface Shown {
  from: number;
  to: number;
  lines: MetricSeriesJson['lines'];
}

/** The history of one of an endpoint's metrics. @param updatedAt - a later one loads it anew */
export function MetricChart({ id, updatedAt }: { id: string; updatedAt: number }) {
  const [names, setNames] = useState<readonly MetricNameJson[]>([]);
  const [name, setName] = useState('');
  const [hours, setHours] = useState(3);
  const [shown, setShown] = useState<Shown | null>(null);
  const [error, setError] = useState('');
  const base = inProject(`endpoints/${id}/metrics`);
  const say = (error: unknown) => setError(messageOf(error));
  useEffect(() => {
    getJson<ListAnswer<MetricNameJson>>(`${base}/names`).then(({ items }) => {
      setNames(items);
      setName((chosen) => chosen || (items[0]?.name ?? ''));
    }, say);
  }, []);
  useEffect(() => {
    if (name === '') return;
    let isWanted = true;
    const to = Date.now();
    const from = to - hours * HOUR_MS;
    const query = new URLSearchParams({ name, from: `${from}`, to: `${to}`, points: `${POINTS}` });
    getJson<MetricSeriesJson>(`${base}/series?${query}`).then(({ lines }) => {
      if (!isWanted) return;
      setError('');
      setShown({ from, to, lines });
    }, say);
    return () => {
      isWanted = false;
    };
  }, [name, hours, updatedAt]);
  if (names.length === 0) return error === '' ? null : <p class="notice">{error}</p>;
  return (
    <div class="chart">
      <div class="pair">
        <div class="field">
          <label for="metric">History of</label>
          <select id="metric" value={name} onChange={({ currentTarget }) => setName(currentTarget.value)}>
            {names.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="span">Over</label>
          <select
            id="span"
            value={hours}
            onChange={({ currentTarget }) => setHours(Number(currentTarget.value))}
          >
            {SPANS.map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </div>
      </div>
      {error !== '' && <p class="notice">{error}</p>}
      {shown !== null && <Lines name={name} shown={shown} />}
    </div>
  );
}

function Lines({ name, shown: { lines, ...span } }: { name: string; shown: Shown }) {
  const views = lines.slice(0, MAX_LINES).map((line) => viewLine(line, span));
  const more = lines.length - views.length;
  return (
    <>
      {views.every(({ points }) => points.length === 0) && (
        <p class="small muted">Not enough values in this time.</p>
      )}
      {views
        .filter(({ points }) => points.length > 0)
        .map((view, index) => (
          <Line key={`${view.label} ${index}`} name={name} view={view} />
        ))}
      {more > 0 && <p class="small muted">and {more} more of this name: the API has them all.</p>}
    </>
  );
}

function Line({ name, view: { label, points, path, latest, range } }: { name: string; view: ChartView }) {
  const rows = points.slice(-MAX_ROWS).toReversed();
  return (
    <figure>
      <figcaption>
        <span class="mono">{label === '' ? name : label}</span> <strong>{latest}</strong>{' '}
        <span class="small muted">{range}</span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        <path d={path} />
      </svg>
      <details>
        <summary class="small">
          As a table<span class="visually-hidden">: {label === '' ? name : label}</span>
        </summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and is read by keyboard alone */}
        <section class="scroll" tabIndex={0} aria-label={`Values of ${label === '' ? name : label}`}>
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Value</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ at, value }) => (
                <tr key={at}>
                  <td>{dateTime(at)}</td>
                  <td class="value">{valueText(value)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </figure>
  );
}
