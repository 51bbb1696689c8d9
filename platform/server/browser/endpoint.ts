/** `endpoint.js`: one endpoint with its button, report, history and metrics. */
export const ENDPOINT_JS = /* js */ `
import { getJson, keepUpToDate, showError } from './calls.js';
import { byId, copyButton, el, keyedList, replace, setText } from './dom.js';
import { ago, dateTime, durationText, shortId, untilText } from './format.js';
import { showMetrics } from './metrics.js';
import { renderReport } from './report.js';
import { runControl } from './run.js';

const id = location.pathname.split('/').pop();
const control = runControl(id);
const showHistory = keyedList(byId('history'), (report) => report.id, makeHistoryRow);
let latest = null;
/** The report on the screen, and the one that was picked; null follows the newest. */
let shownId = null;
let pickedId = null;

setText(byId('full-id'), id);
byId('copy-id').append(copyButton('Copy id', () => id));

function makeHistoryRow(report) {
  const button = el('button', { type: 'button', title: dateTime(report.receivedAt) });
  const when = el('span', { class: 'small' });
  button.append(el('span', { class: 'chip ' + report.level }, report.headline), when);
  button.addEventListener('click', () => {
    pickedId = report.id;
    showPicked().catch((error) => showError(error.message));
  });
  const update = () => {
    setText(when, sourceText(report) + ', ' + ago(report.receivedAt));
    button.setAttribute('aria-pressed', String(report.id === shownId));
  };
  return { node: el('li', {}, button), update };
}

function sourceText({ source, durationMs }) {
  return source === 'dial-back' ? 'Dial-back in ' + durationText(durationMs) : 'Sent by the app';
}

async function showPicked() {
  const wanted = pickedId ?? latest.reports[0]?.id ?? null;
  if (wanted !== null && wanted !== shownId) {
    const report = await getJson('api/reports/' + wanted);
    // Another one may have been picked in the meantime.
    if (wanted === (pickedId ?? latest.reports[0]?.id)) {
      replace(byId('report'), renderReport(report, sourceText(report) + ' · ' + dateTime(report.receivedAt)));
      shownId = wanted;
    }
  }
  showHistory(latest.reports);
}

function showAbout({ group, attributes, grant, addresses, firstSeenAt, lastSeenAt, isOnline, sharedIdentityAt }) {
  const lines = [
    ['Group', group ?? ''],
    ['Attributes', attributes.map(([key, value]) => key + '=' + value).join(', ')],
    ['Grant', grant === null ? 'None' : untilText(grant.expiresAt)],
    ['Allows', grant === null ? '' : grant.caps.join(', ')],
    ['Reachable at', addresses.join(', ')],
    ['First seen', dateTime(firstSeenAt)],
    ['Last seen', isOnline ? 'now' : dateTime(lastSeenAt)],
    ['Two processes with one key', sharedIdentityAt === null ? '' : dateTime(sharedIdentityAt) + ': give each its own; the button asks the one that came last'],
  ];
  const filled = lines.filter(([, value]) => value !== '');
  replace(byId('about'), ...filled.map(([label, value]) => el('div', {}, el('dt', {}, label), el('dd', {}, value))));
}

function show() {
  const { endpoint, reports } = latest;
  const name = endpoint.name ?? shortId(id);
  setText(byId('name'), name);
  document.title = name + ' · Net Diagnostics';
  const state = byId('state');
  setText(state, endpoint.isOnline ? 'Online' : 'Offline');
  state.classList.toggle('green', endpoint.isOnline);
  control.showState(endpoint);
  showAbout(endpoint);
  byId('no-history').hidden = reports.length > 0;
}

async function load() {
  latest = await getJson('api/endpoints/' + id);
  show();
  await showPicked();
  showMetrics(await getJson('api/endpoints/' + id + '/metrics'));
}

keepUpToDate(load, {
  changed: ({ endpointId }) => endpointId === id,
  run: (progress) => {
    if (progress.endpointId !== id) return false;
    control.showProgress(progress);
    // A new report is what one has waited for, whatever was picked before.
    if (progress.phase === 'done') pickedId = null;
    return true;
  },
});
setInterval(() => {
  if (latest !== null) showHistory(latest.reports);
}, 10000);
`;
