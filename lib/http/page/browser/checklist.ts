/** `checklist.js`: shows why the platform's button is grey. */
export const CHECKLIST_JS = /* js */ `
import { viewChecklist } from './checklist-view.js';
import { byId, el, keyedList, replace, setText } from './dom.js';
import { dateTime } from './format.js';
import { renderSign } from './report-parts.js';

const STATES = { ok: ['green', 'OK'], not: ['red', 'Missing'], unknown: ['grey', 'Unknown'] };

const showItems = keyedList(byId('checklist'), (item) => item.id, makeItem);

function makeItem() {
  const sign = el('span', {});
  const word = el('span', { class: 'visually-hidden' });
  const label = el('span', { class: 'label' });
  const detail = el('span', { class: 'detail muted' });
  const node = el('li', {}, sign, el('span', {}, word, label), detail);
  let shown = '';
  const update = (item) => {
    const text = JSON.stringify(item);
    if (text === shown) return;
    shown = text;
    const [level, state] = STATES[item.state];
    node.className = level;
    replace(sign, renderSign(level));
    setText(word, state + ': ');
    setText(label, item.label);
    replace(detail, item.detail, ...timeOf(item.at));
  };
  return { node, update };
}

function timeOf(at) {
  return at === null ? [] : [' ', el('time', { datetime: at }, dateTime(new Date(at))), '.'];
}

/** The status, and what the latest report adds to it. */
export function showStatus(status, report) {
  const { isReady, title, summary, items } = viewChecklist(status, report, Date.now());
  setText(byId('button-title'), title);
  setText(byId('button-summary'), summary);
  showItems(items);
  const chip = byId('ready');
  chip.hidden = false;
  chip.classList.toggle('green', isReady);
  setText(chip, isReady ? 'Platform’s button: ready' : 'Platform’s button: grey');
  showNames(status);
  showTrouble(status.lastError);
}

function showNames({ name, endpointId }) {
  if (name !== null) {
    setText(byId('name'), name);
    document.title = name + ' · Net Diagnostics';
  }
  const who = endpointId === null ? '' : ' Endpoint ' + endpointId.slice(0, 10) + '.';
  setText(byId('about'), 'Measured by the app, on the machine it runs on.' + who);
}

let shownTrouble = '';

function showTrouble(trouble) {
  const text = JSON.stringify(trouble);
  if (text === shownTrouble) return;
  shownTrouble = text;
  const line = byId('trouble');
  line.hidden = trouble === null;
  if (trouble === null) return;
  const words = trouble.code + ': ' + trouble.message;
  replace(line, 'Latest trouble (it may be over): ' + words, ...timeOf(trouble.at));
}
`;
