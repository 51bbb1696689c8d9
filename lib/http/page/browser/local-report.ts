/** `local-report.js`: shows a local report, as the views put it into words. */
export const LOCAL_REPORT_JS = /* js */ `
import { byId, el, replace } from './dom.js';
import { ago, dateTime } from './format.js';
import { viewProbes } from './probes-view.js';
import { renderAddresses, renderBar, renderFacts, renderRelays, renderVerdict } from './report-parts.js';
import { viewLocalReport } from './report-view.js';

/** More probes than this are folded away at first. */
const MAX_OPEN_PROBES = 24;

/** Shows a report in the place of another. What was unfolded stays so, and so does the focus. */
export function showReport(report) {
  const view = viewLocalReport(report);
  const restore = rememberFolds(byId('report'));
  replace(byId('verdict'), renderVerdict(view, aboutLine(report, view.took)));
  replace(
    byId('report'),
    section('NAT and network', renderNat(view), renderNotes(view.notes)),
    section('Relay latency', renderRelays(view.relays) ?? el('p', { class: 'muted' }, 'No relays were asked.')),
    view.endpoint === null ? null : section('Endpoint', ...renderEndpoint(view.endpoint)),
    section('Timings', renderProbes(viewProbes(report))),
  );
  restore();
}

/** What is shown before there is a report. */
export function showNoReport() {
  const view = {
    level: 'grey',
    headline: 'No report yet',
    sentence: 'Nothing was measured since the app started. Run the diagnostics to see how its network looks from here.',
  };
  replace(byId('verdict'), renderVerdict(view, null));
  replace(byId('report'));
}

function aboutLine({ startedAt, generator }, took) {
  const at = new Date(startedAt);
  const age = el('span', { class: 'age' }, ago(at.getTime()));
  const when = el('time', { datetime: startedAt }, dateTime(at));
  return el('span', { title: generator }, 'Measured ', age, ', ', when, ', ' + took + '.');
}

function rememberFolds(node) {
  const keyOf = (part) => part?.closest('[data-key]')?.dataset.key;
  const open = new Map([...node.querySelectorAll('details')].map((fold) => [keyOf(fold.firstElementChild), fold.open]));
  const focused = node.contains(document.activeElement) ? keyOf(document.activeElement) : undefined;
  return () => {
    for (const summary of node.querySelectorAll('summary')) {
      const key = keyOf(summary);
      if (open.has(key)) summary.parentElement.open = open.get(key);
      if (key === focused) summary.focus({ preventScroll: true });
    }
  };
}

function section(title, ...children) {
  return el('section', { class: 'card', 'aria-label': title }, el('h2', {}, title), ...children);
}

function renderNat({ ipv4, ipv6, network }) {
  return el('div', { class: 'groups' }, renderFacts('IPv4', ipv4), renderFacts('IPv6', ipv6), renderFacts('Network', network));
}

function renderNotes(notes) {
  if (notes.length === 0) return null;
  return el('ul', { class: 'notes small muted' }, ...notes.map((note) => el('li', {}, note)));
}

function renderEndpoint({ facts, addresses, paths }) {
  return [
    el('div', { class: 'groups' }, renderFacts('Identity', facts), renderPaths(paths)),
    titled('Direct addresses', renderAddresses(addresses)),
  ];
}

function renderPaths(paths) {
  const items = paths.map(({ remoteAddr, kind, level }) =>
    el('li', {}, el('span', { class: 'chip ' + level }, kind), el('span', { class: 'mono' }, remoteAddr)),
  );
  const list = paths.length > 0 ? el('ul', { class: 'paths' }, ...items) : el('p', { class: 'small muted' }, 'None are open.');
  return el('section', { class: 'group' }, el('h3', {}, 'Live paths'), list);
}

function titled(title, part) {
  return part === null ? null : el('section', { class: 'group below' }, el('h3', {}, title), part);
}

function renderProbes({ sentence, rows }) {
  const list = el('ol', { class: 'probes' }, ...rows.map(renderProbe));
  const summary = el('summary', { 'data-key': 'probes' }, sentence);
  return el('details', { open: rows.length <= MAX_OPEN_PROBES }, summary, list);
}

function renderProbe({ name, target, outcome, level, start, width, took, error }) {
  const what = el('span', { class: 'what' }, el('span', {}, name));
  if (target !== '') what.append(el('span', { class: 'mono muted' }, target));
  const row = el(
    'li',
    {},
    what,
    el('span', { class: 'chip ' + level }, outcome),
    renderBar(start, width),
    el('span', { class: 'took number' }, took),
  );
  if (error !== '') row.append(el('span', { class: 'error small muted' }, error));
  return row;
}

/** Ages grow by themselves. */
export function refreshAge(report) {
  const age = byId('verdict').querySelector('.age');
  if (age !== null) age.textContent = ago(new Date(report.startedAt).getTime());
}
`;
