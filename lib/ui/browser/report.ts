/** `report.js`: shows a report, as `viewReport` put it into words. */
export const REPORT_JS = /* js */ `
import { copyButton, el, svg } from './dom.js';
import { durationText } from './format.js';

const SIGNS = {
  green: 'M5 12.5l4.5 4.5L19 7.5',
  orange: 'M12 6v7.5M12 17.4v.1',
  grey: 'M8 12h8',
};

/** The element that shows a report. about: a line on where it came from. */
export function renderReport({ view, raw }, about) {
  return el(
    'div',
    { class: 'report' },
    renderVerdict(view, about),
    el(
      'div',
      { class: 'groups' },
      group('IPv4', view.ipv4),
      group('IPv6', view.ipv6),
      el('div', { class: 'stack' }, group('Network', view.network), group('Versions', view.versions)),
    ),
    renderRelays(view.relays),
    renderAddresses(view.directAddrs),
    renderRaw(raw),
  );
}

function renderVerdict(view, about) {
  const sign = svg('svg', { class: 'sign', viewBox: '0 0 24 24', 'aria-hidden': 'true' });
  sign.append(
    svg('circle', { cx: 12, cy: 12, r: 11, fill: 'none', stroke: 'currentColor', 'stroke-width': 1.5 }),
    svg('path', {
      d: SIGNS[view.level] ?? SIGNS.grey,
      fill: 'none',
      stroke: 'currentColor',
      'stroke-width': 2.2,
      'stroke-linecap': 'round',
      'stroke-linejoin': 'round',
    }),
  );
  const words = el('div', {}, el('h3', {}, view.headline), el('p', {}, view.sentence));
  if (about !== '') words.append(el('p', { class: 'small muted' }, about));
  return el('div', { class: 'verdict ' + view.level }, sign, words);
}

function group(title, facts) {
  if (facts.length === 0) return null;
  const list = el('dl', { class: 'facts' });
  for (const fact of facts) {
    const line = el('div', {}, el('dt', {}, fact.label), el('dd', { class: fact.tone }, fact.value));
    if (fact.hint !== '') line.append(el('dd', { class: 'hint' }, fact.hint));
    list.append(line);
  }
  return el('section', { class: 'group' }, el('h3', {}, title), list);
}

function renderRelays(relays) {
  if (relays.length === 0) return null;
  const samples = relays.flatMap((relay) => [relay.ipv4Ms, relay.ipv6Ms, relay.httpsMs]);
  const slowest = Math.max(...samples.map((ms) => ms ?? 0));
  const list = el('ul', {});
  for (const relay of relays) {
    const name = el('div', { class: 'name' }, el('span', { title: relay.url }, relay.host));
    if (relay.isPreferred) name.append(el('span', { class: 'chip green' }, 'Preferred'));
    const item = el('li', { class: 'relay' }, name);
    for (const [kind, ms] of [['IPv4', relay.ipv4Ms], ['IPv6', relay.ipv6Ms], ['HTTPS', relay.httpsMs]]) {
      if (ms !== null) item.append(latency(kind, ms, slowest));
    }
    list.append(item);
  }
  return el('section', {}, el('h3', { class: 'title' }, 'Relay latency'), list);
}

function latency(kind, ms, slowest) {
  const share = slowest > 0 ? Math.max(2, (ms / slowest) * 100) : 2;
  const bar = svg('svg', { 'aria-hidden': 'true' });
  bar.append(
    svg('rect', { class: 'track', width: '100%', height: '100%', rx: 4 }),
    svg('rect', { class: 'fill', width: share + '%', height: '100%', rx: 4 }),
  );
  return el(
    'div',
    { class: 'latency' },
    el('span', { class: 'kind' }, kind),
    bar,
    el('span', { class: 'ms' }, durationText(ms)),
  );
}

function renderAddresses(addresses) {
  if (addresses.length === 0) return null;
  const list = el('ul', { class: 'addresses' }, ...addresses.map((address) => el('li', {}, address)));
  return el('section', {}, el('h3', { class: 'title' }, 'Direct addresses'), list);
}

function renderRaw(raw) {
  const text = JSON.stringify(raw, null, 2);
  const copy = copyButton('Copy JSON', () => text);
  return el('details', {}, el('summary', {}, 'Raw report'), el('pre', { tabindex: 0 }, text), copy);
}
`;
