/** `calls.js`: the API and the live updates. */
export const CALLS_JS = /* js */ `
import { byId, setText } from './dom.js';

const ROOT = document.documentElement.dataset.root;

/** The URL of a path of the dashboard. */
export function urlOf(path) {
  return ROOT + '/' + path;
}

export function getJson(path) {
  return request(path, { headers: { accept: 'application/json' } });
}

export function postJson(path, body) {
  return request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body ?? {}),
  });
}

async function request(path, options) {
  const response = await fetch(urlOf(path), options);
  if (response.status === 401) {
    location.assign(urlOf('login'));
    // The page is about to go: nothing that waits for an answer should show an error first.
    return new Promise(() => {});
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Error(answer?.error ?? 'The platform answered ' + response.status + '.');
  return answer;
}

/** Shows what went wrong at the top of the page; an empty text takes it away. */
export function showError(text) {
  const notice = byId('error');
  setText(notice, text);
  notice.hidden = text === '';
}

/**
 * Calls load at once, after every change and after every reconnect, never twice at the same time.
 * handlers: what to do with an event's data, by event name; true asks for a load.
 */
export function keepUpToDate(load, handlers) {
  let isLoading = false;
  let isStale = false;
  const refresh = async () => {
    isStale = true;
    if (isLoading) return;
    isLoading = true;
    while (isStale) {
      isStale = false;
      try {
        await load();
        showError('');
      } catch (error) {
        showError(error.message);
      }
    }
    isLoading = false;
  };
  let timer = 0;
  // A burst of events costs one load.
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, 80);
  };
  const source = new EventSource(urlOf('api/events'));
  source.addEventListener('open', () => {
    showLive('Live', true);
    soon();
  });
  source.addEventListener('error', () => {
    showLive('Reconnecting…', false);
    // A browser gives up after an answer other than 200, such as 401 after a restart: this load leads to the login.
    if (source.readyState === EventSource.CLOSED) soon();
  });
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => {
      if (handle(JSON.parse(event.data))) soon();
    });
  }
  refresh();
  return refresh;
}

function showLive(text, isOn) {
  const [dot, words] = byId('live').children;
  dot.classList.toggle('on', isOn);
  setText(words, text);
}
`;
