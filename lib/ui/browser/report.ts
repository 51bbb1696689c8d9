/** `report.js`: shows a report, as `viewReport` put it into words. */
export const REPORT_JS = /* js */ `
import { copyButton, el } from './dom.js';
import { renderAddresses, renderFacts, renderRelays, renderVerdict } from './report-parts.js';

/** The element that shows a report. about: a line on where it came from. */
export function renderReport({ view, raw }, about) {
  return el(
    'div',
    { class: 'report' },
    renderVerdict(view, about === '' ? null : about),
    el(
      'div',
      { class: 'groups' },
      renderFacts('IPv4', view.ipv4),
      renderFacts('IPv6', view.ipv6),
      el('div', { class: 'stack' }, renderFacts('Network', view.network), renderFacts('Versions', view.versions)),
    ),
    titled('Relay latency', renderRelays(view.relays)),
    titled('Direct addresses', renderAddresses(view.directAddrs)),
    renderRaw(raw),
  );
}

function titled(title, part) {
  return part === null ? null : el('section', {}, el('h3', { class: 'title' }, title), part);
}

function renderRaw(raw) {
  const text = JSON.stringify(raw, null, 2);
  const copy = copyButton('Copy JSON', () => text);
  return el('details', {}, el('summary', {}, 'Raw report'), el('pre', { tabindex: 0 }, text), copy);
}
`;
