export {
  GENERATOR,
  IROH_SERVICES_VERSION,
  MAX_SNAPSHOT_ITEMS,
  MIN_PATH_DATAGRAMS,
  PACKAGE_VERSION,
  REPORT_VERSION,
} from './constants.js';
export type * from './observation.js';
export { redactReport } from './redact/index.js';
export { renderText, type TextOptions } from './render-text.js';
export { type JsonSchema, REPORT_SCHEMA } from './schema/index.js';
export { isSettled, type PendingRun } from './settled/index.js';
export { colourOf, isGoodPeer, summarise } from './summary/index.js';
export { entersWireReport, toWireReport, wireTextOf } from './to-wire.js';
export type * from './types.js';
export { hasNoRoute, judge, judgeOnRead } from './verdict/index.js';
