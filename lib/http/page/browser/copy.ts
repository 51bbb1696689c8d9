/** `copy.js`: the latest report to pass on. */
export const COPY_JS = /* js */ `
import { byId, setText } from './dom.js';

const redact = byId('redact');

function urlOf(path) {
  return path + (redact.checked ? '?redact=1' : '');
}

async function fetchText(path, accept) {
  const response = await fetch(urlOf(path), { headers: { accept } }).catch(() => {
    throw new Error('the app does not answer');
  });
  if (!response.ok) throw new Error('the app answered ' + response.status);
  return response.text();
}

const asText = () => fetchText('./report.txt', 'text/plain');
const asJson = async () => JSON.stringify(JSON.parse(await fetchText('./report', 'application/json')), null, 2);

/** Some browsers let a page copy only while a press is fresh: the text may come later then, as a promise. */
async function toClipboard(text) {
  // Absent where the page did not come over https or from this machine.
  if (navigator.clipboard === undefined) throw new Error('the browser does not let this page copy');
  if (typeof ClipboardItem === 'undefined') return navigator.clipboard.writeText(await text);
  const blob = text.then((body) => new Blob([body], { type: 'text/plain' }));
  return navigator.clipboard.write([new ClipboardItem({ 'text/plain': blob })]);
}

function offer(button, what, make) {
  button.addEventListener('click', async () => {
    const note = byId('copied');
    const kind = redact.checked ? 'redacted ' + what : what + ', with all addresses';
    // Emptied first: the same words twice are read out twice.
    setText(note, '');
    const text = make();
    const refusal = await toClipboard(text).then(() => null, (error) => error);
    // Of a text that did not come, the clipboard tells less than the text itself.
    const failure = await text.then(() => refusal, (error) => error);
    if (failure === null) setText(note, 'Copied the ' + kind + ': ' + (await text).length + ' characters.');
    else setText(note, 'Not copied: ' + failure.message + '. The links open the same.');
  });
}

/** Makes the buttons and links work. */
export function setUpCopy() {
  offer(byId('copy-text'), 'text', asText);
  offer(byId('copy-json'), 'JSON', asJson);
  const point = () => {
    byId('open-text').href = urlOf('./report.txt');
    byId('open-json').href = urlOf('./report');
  };
  redact.addEventListener('change', point);
  // A browser that goes back to the page may restore the box.
  point();
}
`;
