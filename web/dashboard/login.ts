/** Takes the token out of the printed URL, and logs in with it. */
export function logInByUrl(): void {
  // What follows the # is not sent: no server, no proxy and no log of theirs sees it.
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token === null) return;
  // Removes the token from the address bar and the history.
  history.replaceState(null, '', location.pathname);
  const field = document.querySelector<HTMLInputElement>('input[name="token"]');
  if (field === null) return;
  field.value = token;
  field.form?.submit();
}
