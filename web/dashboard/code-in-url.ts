/** Takes a one-time code out of the page's URL, and puts it into the form. */
export function takeCode(): void {
  const field = document.querySelector<HTMLInputElement>('input[name="code"]');
  // What follows the # is not sent: no server, no proxy and no log of theirs sees it.
  const code = new URLSearchParams(location.hash.slice(1)).get('code');
  if (field === null || code === null) return;
  // Removes the code from the address bar and the history.
  history.replaceState(null, '', location.pathname);
  field.value = code;
  field.readOnly = true;
  document.querySelector<HTMLElement>('form input:not([readonly], [type="hidden"]), form button')?.focus();
}
