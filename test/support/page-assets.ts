import { PAGE_ASSETS } from '../../lib/http/page/index.js';

/** The paths of the page's script and of its style sheet, below the mount. */
export const SCRIPT_PATH = pathOf('.js');
export const STYLE_PATH = pathOf('.css');

function pathOf(extension: string): string {
  const name = [...PAGE_ASSETS.keys()].find((key) => key.endsWith(extension));
  if (name === undefined) throw new Error(`The page has no ${extension}`);
  return `/assets/${name}`;
}
