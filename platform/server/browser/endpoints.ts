/** `endpoints.js`: the list of endpoints. */
export const ENDPOINTS_JS = /* js */ `
import { getJson, keepUpToDate, urlOf } from './calls.js';
import { byId, el, keyedList, replace, setText } from './dom.js';
import { ago, dateTime, shortId, untilText } from './format.js';

const showList = keyedList(byId('endpoints'), (endpoint) => endpoint.id, makeRow);
const filter = byId('filter');
let latest = [];

filter.addEventListener('input', show);

function makeRow({ id }) {
  const dot = el('span', { class: 'dot' });
  const link = el('a', { href: urlOf('endpoints/' + id) });
  const state = el('span', { class: 'small muted' });
  const labels = el('div', { class: 'labels' });
  const who = el('div', { class: 'who' }, dot, el('div', {}, link, el('div', {}, state), labels));
  const report = el('div', { class: 'cell' });
  const button = el('div', { class: 'cell' });
  const node = el('li', { class: 'card', 'data-endpoint': id }, who, report, button);
  const update = (endpoint) => {
    dot.classList.toggle('on', endpoint.isOnline);
    setText(link, endpoint.name ?? shortId(id));
    setText(state, stateText(endpoint));
    showLabels(labels, endpoint);
    showReport(report, endpoint.latestReport);
    showButton(button, endpoint);
  };
  return { node, update };
}

/** What an endpoint says of itself, each as what one can type into the filter. */
function labelsOf({ group, attributes }) {
  const words = attributes.map(([key, value]) => key + '=' + value);
  return group === null ? words : ['group:' + group, ...words];
}

function showLabels(node, endpoint) {
  const labels = labelsOf(endpoint);
  const shown = JSON.stringify(labels);
  if (node.dataset.shown === shown) return;
  node.dataset.shown = shown;
  replace(node, ...labels.map((label) => makeLabel(label)));
}

/** A label is a button that asks for all endpoints like this one. */
function makeLabel(label) {
  const button = el('button', { type: 'button', class: 'label', title: 'Show those with ' + label }, label);
  button.addEventListener('click', () => {
    filter.value = label.includes(' ') ? '"' + label + '"' : label;
    show();
    filter.focus();
  });
  return button;
}

/** Every word, or text in quotes, has to be there: a label from its beginning to its end, else a part of name or id. */
function isWanted(endpoint) {
  const wanted = filter.value.toLowerCase().match(/"[^"]+"|[^ "]+/g) ?? [];
  const labels = labelsOf(endpoint).map((label) => label.toLowerCase());
  const names = [endpoint.id, (endpoint.name ?? '').toLowerCase(), ...labels];
  return wanted.every((quoted) => {
    const word = quoted.replaceAll('"', '');
    const isLabel = word.startsWith('group:') || word.includes('=');
    return isLabel ? labels.includes(word) : names.some((name) => name.includes(word));
  });
}

function stateText({ id, name, isOnline, lastSeenAt, sharedIdentityAt }) {
  const online = sharedIdentityAt === null ? 'Online' : 'Online: two processes with one key';
  const state = isOnline ? online : 'Offline, last seen ' + ago(lastSeenAt);
  return name === null ? state : state + ' · ' + shortId(id);
}

function showReport(cell, report) {
  const caption = el('span', { class: 'caption' }, 'Last report');
  if (report === null) {
    replace(cell, caption, el('span', { class: 'muted' }, 'None yet'));
    return;
  }
  const when = el('span', { class: 'muted', title: dateTime(report.receivedAt) }, ago(report.receivedAt));
  replace(cell, caption, el('span', { class: 'chip ' + report.level }, report.headline), when);
}

function showButton(cell, { button, run }) {
  const caption = el('span', { class: 'caption' }, 'Diagnostics');
  const text = run !== null ? 'Running…' : button.enabled ? 'Ready' : button.text.split(':')[0];
  const more = button.enabled ? 'Granted ' + untilText(button.until) : '';
  replace(cell, caption, el('span', {}, text), more === '' ? null : el('span', { class: 'muted' }, more));
}

function show() {
  const online = latest.filter((endpoint) => endpoint.isOnline).length;
  const count = latest.length === 1 ? '1 endpoint' : latest.length + ' endpoints';
  const shown = latest.filter(isWanted);
  const cut = shown.length === latest.length ? '' : ', ' + shown.length + ' shown';
  setText(byId('summary'), count + ', ' + online + ' online' + cut);
  byId('empty').hidden = latest.length > 0;
  byId('filter-field').hidden = latest.length === 0;
  byId('no-match').hidden = latest.length === 0 || shown.length > 0;
  showList(shown);
}

async function load() {
  latest = (await getJson('api/endpoints')).endpoints;
  show();
}

const always = () => true;
keepUpToDate(load, { changed: always, run: always });
// Ages grow without an event.
setInterval(show, 10000);
`;
