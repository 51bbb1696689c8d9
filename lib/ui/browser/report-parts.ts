/** `report-parts.js`: the parts that a wire report and a local report have in common. */
export const REPORT_PARTS_JS = /* js */ `
import { el, svg } from './dom.js';
import { durationText } from './format.js';

/** A sign of its own for each colour, for who cannot tell them apart. */
const SIGNS = {
  green: 'M7 12.5l3.5 3.5L17 8.5',
  orange: 'M12 6v7.5M12 17.4v.1',
  red: 'M8.2 8.2l7.6 7.6M15.8 8.2l-7.6 7.6',
  grey: 'M9.4 9.3a2.7 2.7 0 1 1 4.1 2.6c-1 .6-1.5 1.1-1.5 2.1M12 17.4v.1',
};
/** Evidence that is listed; more of it tells nothing new. */
const MAX_EVIDENCE = 8;

/** The sign of a colour. */
export function renderSign(level) {
  const sign = svg('svg', { class: 'sign', viewBox: '0 0 24 24', 'aria-hidden': 'true' });
  sign.append(
    svg('circle', { cx: 12, cy: 12, r: 11, fill: 'none', stroke: 'currentColor', 'stroke-width': 1.5 }),
    svg('path', {
      d: SIGNS[level] ?? SIGNS.grey,
      fill: 'none',
      stroke: 'currentColor',
      'stroke-width': 2.2,
      'stroke-linecap': 'round',
      'stroke-linejoin': 'round',
    }),
  );
  return sign;
}

/**
 * The colour, the sentence, and what to do next.
 * @param {{ level: string, headline: string, sentence: string, nextSteps?: string[] }} view
 * @param {string | Node | null} about - where it came from
 */
export function renderVerdict({ level, headline, sentence, nextSteps = [] }, about) {
  const words = el('div', {}, el('h3', {}, headline), el('p', {}, sentence));
  if (nextSteps.length > 0) words.append(el('ul', { class: 'next' }, ...nextSteps.map((step) => el('li', {}, step))));
  if (about !== null) words.append(el('p', { class: 'small muted' }, about));
  return el('div', { class: 'verdict ' + level }, renderSign(level), words);
}

/** Some facts under a title; those that have a reason with it and its evidence behind a fold. */
export function renderFacts(title, facts) {
  if (facts.length === 0) return null;
  const list = el('dl', { class: 'facts' });
  for (const { label, value, tone, hint } of facts) {
    const line = el('div', {}, el('dt', {}, label), el('dd', { class: tone }, value));
    if (hint !== '') line.append(el('dd', { class: 'hint' }, hint));
    list.append(line);
  }
  return el('section', { class: 'group' }, el('h3', {}, title), list, renderReasons(title, facts));
}

function renderReasons(title, facts) {
  const reasons = facts.flatMap(({ reasons = [] }) => reasons);
  if (reasons.length === 0) return null;
  const list = el('dl', {});
  for (const { label, reason, evidence } of reasons) {
    list.append(el('div', {}, el('dt', {}, label), el('dd', {}, reason), renderEvidence(evidence)));
  }
  const summary = el('summary', { 'data-key': 'why ' + title }, 'Why?');
  summary.append(el('span', { class: 'visually-hidden' }, ' Evidence for ' + title));
  return el('details', { class: 'why' }, summary, list);
}

function renderEvidence(evidence) {
  if (evidence.length === 0) return null;
  const shown = evidence.slice(0, MAX_EVIDENCE).map((ref) => el('li', {}, ref));
  const rest = evidence.length - shown.length;
  if (rest > 0) shown.push(el('li', {}, 'and ' + rest + ' more'));
  return el('dd', {}, el('ul', { class: 'addresses' }, ...shown));
}

/** Relays with a bar for each latency; null: there are none. */
export function renderRelays(relays) {
  if (relays.length === 0) return null;
  const samples = relays.flatMap((relay) => [relay.ipv4Ms, relay.ipv6Ms, relay.httpsMs]);
  const slowest = Math.max(...samples.map((ms) => ms ?? 0));
  return el('ul', { class: 'relays' }, ...relays.map((relay) => renderRelay(relay, slowest)));
}

function renderRelay(relay, slowest) {
  const name = el('div', { class: 'name' }, el('span', { title: relay.url }, relay.host));
  if (relay.isPreferred) name.append(el('span', { class: 'chip green' }, 'Preferred'));
  const item = el('li', { class: 'relay' }, name);
  const kinds = [['IPv4', relay.ipv4Ms], ['IPv6', relay.ipv6Ms], ['HTTPS', relay.httpsMs]];
  for (const [kind, ms] of kinds) if (ms !== null) item.append(renderLatency(kind, ms, slowest));
  if (kinds.every(([, ms]) => ms === null)) item.append(el('p', { class: 'small muted' }, 'No latency measured.'));
  return item;
}

function renderLatency(kind, ms, slowest) {
  const share = slowest > 0 ? Math.max(2, (ms / slowest) * 100) : 2;
  return el(
    'div',
    { class: 'latency' },
    el('span', { class: 'kind' }, kind),
    renderBar(0, share),
    el('span', { class: 'ms' }, durationText(ms)),
  );
}

/** A bar on its track, for the eye alone. In percent of the track. */
export function renderBar(start, width) {
  return svg(
    'svg',
    { class: 'meter', 'aria-hidden': 'true' },
    svg('rect', { class: 'track', width: '100%', height: '100%', rx: 4 }),
    svg('rect', { class: 'fill', x: start + '%', width: width + '%', height: '100%', rx: 4 }),
  );
}

/** Addresses; null: there are none. */
export function renderAddresses(addresses) {
  if (addresses.length === 0) return null;
  return el('ul', { class: 'addresses' }, ...addresses.map((address) => el('li', {}, address)));
}
`;
