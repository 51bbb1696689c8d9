import { type Asset, css, javascript, UI_ASSETS } from '../../lib/ui/index.js';
import { CALLS_JS } from './browser/calls.js';
import { DASHBOARD_CSS } from './browser/dashboard-css.js';
import { ENDPOINT_JS } from './browser/endpoint.js';
import { ENDPOINTS_JS } from './browser/endpoints.js';
import { LOGIN_JS } from './browser/login.js';
import { METRICS_JS } from './browser/metrics.js';
import { RUN_JS } from './browser/run.js';
import { SECRETS_JS } from './browser/secrets.js';

/** All files under `assets/`, by name. */
export const ASSETS: ReadonlyMap<string, Asset> = new Map([
  ...UI_ASSETS,
  ['dashboard.css', css(DASHBOARD_CSS)],
  ['calls.js', javascript(CALLS_JS)],
  ['login.js', javascript(LOGIN_JS)],
  ['endpoints.js', javascript(ENDPOINTS_JS)],
  ['endpoint.js', javascript(ENDPOINT_JS)],
  ['run.js', javascript(RUN_JS)],
  ['metrics.js', javascript(METRICS_JS)],
  ['secrets.js', javascript(SECRETS_JS)],
]);
