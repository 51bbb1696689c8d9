import { type Asset, css, javascript, UI_ASSETS } from '../../ui/index.js';
import { APP_JS } from './browser/app.js';
import { APP_CSS } from './browser/app-css.js';
import { CHECKLIST_JS } from './browser/checklist.js';
import { CHECKLIST_VIEW_JS } from './browser/checklist-view.js';
import { COPY_JS } from './browser/copy.js';
import { EVENTS_JS } from './browser/events.js';
import { LOCAL_REPORT_JS } from './browser/local-report.js';
import { PROBES_VIEW_JS } from './browser/probes-view.js';
import { REPORT_VIEW_JS } from './browser/report-view.js';
import { RUN_JS } from './browser/run.js';
import { RUN_VIEW_JS } from './browser/run-view.js';

/** The files that the page loads, by name; they are served under `assets/`. */
export const PAGE_ASSETS: ReadonlyMap<string, Asset> = new Map([
  ...UI_ASSETS,
  ['app.css', css(APP_CSS)],
  ['app.js', javascript(APP_JS)],
  ['checklist.js', javascript(CHECKLIST_JS)],
  ['checklist-view.js', javascript(CHECKLIST_VIEW_JS)],
  ['copy.js', javascript(COPY_JS)],
  ['events.js', javascript(EVENTS_JS)],
  ['local-report.js', javascript(LOCAL_REPORT_JS)],
  ['probes-view.js', javascript(PROBES_VIEW_JS)],
  ['report-view.js', javascript(REPORT_VIEW_JS)],
  ['run.js', javascript(RUN_JS)],
  ['run-view.js', javascript(RUN_VIEW_JS)],
]);
