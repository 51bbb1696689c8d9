import { DOM_JS } from './browser/dom.js';
import { FORMAT_JS } from './browser/format.js';
import { REPORT_JS } from './browser/report.js';
import { REPORT_PARTS_JS } from './browser/report-parts.js';
import { ICON_SVG } from './icon.js';
import { PAGE_CSS } from './page-css.js';
import { REPORT_CSS } from './report-css.js';
import { TOKENS_CSS } from './tokens.js';

/** A file that pages load. */
export interface Asset {
  /** For `Content-Type`. */
  type: string;
  body: string;
}

/**
 * The files that the dashboard and the app's page share, by name; they import each other by relative URLs.
 *
 * Browser code is kept as text, not as functions that are turned into text: what a bundler, a minifier or a coverage
 * tool of the host app does to functions (renamed imports, injected helpers) would break it in the browser. A test
 * puts every file through the linter.
 */
export const UI_ASSETS: ReadonlyMap<string, Asset> = new Map([
  ['base.css', css(TOKENS_CSS + PAGE_CSS + REPORT_CSS)],
  ['dom.js', javascript(DOM_JS)],
  ['format.js', javascript(FORMAT_JS)],
  ['report.js', javascript(REPORT_JS)],
  ['report-parts.js', javascript(REPORT_PARTS_JS)],
  ['icon.svg', { type: 'image/svg+xml', body: ICON_SVG }],
]);

export function css(body: string): Asset {
  return { type: 'text/css; charset=utf-8', body };
}

export function javascript(body: string): Asset {
  return { type: 'text/javascript; charset=utf-8', body };
}
