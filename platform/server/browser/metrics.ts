/** `metrics.js`: the latest values of an endpoint's metrics. */
export const METRICS_JS = /* js */ `
import { byId, el, replace, setText } from './dom.js';
import { ago } from './format.js';

let filter = null;
let body = null;
let note = null;
let rows = [];

/** Shows the newest session's values; the filter's text and focus stay. */
export function showMetrics({ sessions }) {
  const [newest] = sessions;
  if (newest === undefined) return;
  if (body === null) build();
  rows = newest.rows;
  const cut = newest.total > rows.length ? ', the first ' + rows.length + ' of ' + newest.total : '';
  setText(note, rows.length + ' values, ' + ago(newest.updatedAt) + cut);
  showRows();
}

function build() {
  filter = el('input', { id: 'metrics-filter', type: 'search', autocomplete: 'off', oninput: showRows });
  note = el('p', { class: 'small muted' });
  body = el('tbody', {});
  const head = el('tr', {}, ...['Name', 'Kind', 'Value'].map((text) => el('th', { scope: 'col' }, text)));
  const table = el('table', {}, el('thead', {}, head), body);
  const summary = el('summary', {}, 'Values');
  const label = el('label', { class: 'field', for: 'metrics-filter' }, 'Filter by name or label', filter);
  const scroll = el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Metrics values' }, table);
  replace(byId('metrics'), el('div', { class: 'metrics' }, note, el('details', {}, summary, label, scroll)));
}

function showRows() {
  const wanted = filter.value.trim().toLowerCase();
  const shown = rows.filter((row) => (row.name + ' ' + row.labels).toLowerCase().includes(wanted));
  replace(body, ...shown.map(renderRow));
}

function renderRow(row) {
  const name = el('td', {}, el('span', { class: 'mono' }, row.name));
  if (row.labels !== '') name.append(el('span', { class: 'mono muted' }, ' {' + row.labels + '}'));
  if (row.help !== '') name.append(el('div', { class: 'small muted' }, row.help));
  const value = el('td', { class: 'value' }, row.value);
  if (row.buckets.length > 0) value.append(el('div', { class: 'small muted' }, row.buckets.join(' · ')));
  return el('tr', {}, name, el('td', { class: 'small muted' }, row.type), value);
}
`;
