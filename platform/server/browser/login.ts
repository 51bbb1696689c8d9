/** `login.js`: takes the token out of the printed URL. */
export const LOGIN_JS = /* js */ `
import { byId } from './dom.js';

// What follows the # is sent to nobody: no server, no proxy and no log of theirs sees it.
const token = new URLSearchParams(location.hash.slice(1)).get('token');
if (token !== null) {
  // Neither in the address bar nor in the history.
  history.replaceState(null, '', location.pathname);
  byId('token').value = token;
  byId('login').submit();
}
`;
