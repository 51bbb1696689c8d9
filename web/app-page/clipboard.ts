/** Some browsers let a page copy only right after a click, but take a promise of a text that comes later. */
export async function toClipboard(text: Promise<string>): Promise<void> {
  // Absent when the page was not loaded over https or from this machine.
  const clipboard: Clipboard | undefined = navigator.clipboard;
  if (clipboard === undefined) throw new Error('the browser does not let this page copy');
  if (typeof ClipboardItem === 'undefined') return clipboard.writeText(await text);
  const blob = text.then((body) => new Blob([body], { type: 'text/plain' }));
  return clipboard.write([new ClipboardItem({ 'text/plain': blob })]);
}
