/** `endpoints.js`: the list of endpoints. */
export const ENDPOINTS_JS = /* js */ `
import { getJson, keepUpToDate, urlOf } from './calls.js';
import { byId, el, keyedList, replace, setText } from './dom.js';
import { ago, dateTime, shortId, untilText } from './format.js';

const showList = keyedList(byId('endpoints'), (endpoint) => endpoint.id, makeRow);
let latest = [];

function makeRow({ id }) {
  const dot = el('span', { class: 'dot' });
  const link = el('a', { href: urlOf('endpoints/' + id) });
  const state = el('span', { class: 'small muted' });
  const who = el('div', { class: 'who' }, dot, el('div', {}, link, el('div', {}, state)));
  const report = el('div', { class: 'cell' });
  const button = el('div', { class: 'cell' });
  const node = el('li', { class: 'card', 'data-endpoint': id }, who, report, button);
  const update = (endpoint) => {
    dot.classList.toggle('on', endpoint.isOnline);
    setText(link, endpoint.name ?? shortId(id));
    setText(state, stateText(endpoint));
    showReport(report, endpoint.latestReport);
    showButton(button, endpoint);
  };
  return { node, update };
}

function stateText({ id, name, isOnline, lastSeenAt }) {
  const state = isOnline ? 'Online' : 'Offline, last seen ' + ago(lastSeenAt);
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
  setText(byId('summary'), count + ', ' + online + ' online');
  byId('empty').hidden = latest.length > 0;
  showList(latest);
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
