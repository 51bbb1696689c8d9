/** `secrets.js`: API secrets. */
export const SECRETS_JS = /* js */ `
import { getJson, keepUpToDate, postJson, showError } from './calls.js';
import { byId, copyButton, el, keyedList, replace, setText } from './dom.js';
import { dateTime, shortId } from './format.js';

const showList = keyedList(byId('secrets'), (secret) => secret.keyId, makeRow);

function makeRow({ keyId, label, createdAt }) {
  const chip = el('span', { class: 'chip' });
  const actions = el('div', { class: 'buttons' });
  const title = el('strong', {}, label === '' ? 'Without a label' : label);
  const about = el('div', { class: 'small muted' }, 'Key ');
  about.append(el('span', { class: 'mono', title: keyId }, shortId(keyId)), ', created ' + dateTime(createdAt));
  const node = el('li', { 'data-key-id': keyId }, el('div', { class: 'what' }, title, about), chip, actions);
  const name = label === '' ? shortId(keyId) : label;
  let wasRevoked = null;
  const update = ({ revokedAt }) => {
    const isRevoked = revokedAt !== null;
    if (isRevoked === wasRevoked) return;
    wasRevoked = isRevoked;
    setText(chip, isRevoked ? 'Revoked' : 'Active');
    chip.className = isRevoked ? 'chip red' : 'chip green';
    replace(actions);
    if (!isRevoked) askFirst(actions, keyId, name);
  };
  return { node, update };
}

/** Revoking cannot be undone: it takes two presses. */
function askFirst(actions, keyId, name) {
  const ask = el('button', { type: 'button', class: 'small danger', 'aria-label': 'Revoke ' + name }, 'Revoke');
  const yes = el('button', { type: 'button', class: 'small danger' }, 'Revoke for good');
  const no = el('button', { type: 'button', class: 'small' }, 'Keep');
  ask.addEventListener('click', () => {
    replace(actions, yes, no);
    no.focus();
  });
  no.addEventListener('click', () => {
    replace(actions, ask);
    ask.focus();
  });
  yes.addEventListener('click', async () => {
    yes.disabled = true;
    try {
      await postJson('api/secrets/' + keyId + '/revoke');
    } catch (error) {
      showError(error.message);
    }
    await refresh();
  });
  replace(actions, ask);
}

function showCreated({ secret, envLine }) {
  const text = el('pre', { id: 'new-secret', tabindex: 0, 'aria-label': 'API secret' }, secret);
  replace(
    byId('created'),
    el('p', {}, el('strong', {}, 'Copy it now: it is shown once and not stored.')),
    text,
    el(
      'div',
      { class: 'buttons' },
      copyButton('Copy secret', () => secret),
      copyButton('Copy as .env line', () => envLine),
      el('span', { class: 'small muted mono' }, envLine.split('=')[0] + '=…'),
    ),
  );
}

byId('create').addEventListener('submit', async (event) => {
  event.preventDefault();
  const label = byId('label');
  try {
    showCreated(await postJson('api/secrets', { label: label.value }));
    label.value = '';
    showError('');
  } catch (error) {
    showError(error.message);
  }
});

async function load() {
  const { secrets } = await getJson('api/secrets');
  byId('no-secrets').hidden = secrets.length > 0;
  showList(secrets);
}

const refresh = keepUpToDate(load, { secrets: () => true });
`;
