/**
 * `iroh-net-diagnostics/testing`: what users' own tests need.
 * @module iroh-net-diagnostics/testing
 */
export { NetDiagnosticsError, type NetDiagnosticsErrorCode } from '../errors.js';
export type { NetDiagnosticsOptions } from '../options/index.js';
export {
  DialBackError,
  type EndpointView,
  type PlatformEvent,
  type ReportRecord,
  type RunFailureKind,
} from '../services/index.js';
export type { DiagnosticsReport } from '../wire/index.js';
export type { AppChoice, Granted } from './app-choice.js';
export { startImpatient } from './quick.js';
export { TestPlatform, type TestPlatformOptions } from './test-platform.js';
