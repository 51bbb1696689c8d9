/** Connects one endpoint with the platform, from its start to its end. */
export { AnsweringRelays } from './answering-relays.js';
export { NetDiagnostics, type ReadyOptions } from './net-diagnostics.js';
export type { Parts } from './parts.js';
export { peerToTry } from './peer-to-try.js';
export type { RunOptions } from './reporter.js';
export type { Preview } from './wire-reports.js';
