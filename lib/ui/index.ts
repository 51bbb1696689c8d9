/** Parts of pages that the platform's dashboard and an app's own page share. */
export { type Asset, css, javascript, UI_ASSETS } from './assets.js';
export { escapeHtml, type HtmlPage, htmlPage } from './html.js';
export {
  type NatWord,
  natWord,
  type RelayRow,
  type ReportFact,
  type ReportLevel,
  type ReportView,
  type Tone,
  verdict,
  viewReport,
} from './report-view.js';
