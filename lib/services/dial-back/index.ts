export { DialBackError, type DialBackErrorCode } from './dial-back-error.js';
export { type DialBackOptions, DialBacks } from './dial-backs.js';
export type { RunFailureKind, RunPhase, RunProgress } from './progress.js';
export { Recalls } from './recalls.js';
