export type { Requester, RunRecord, RunState } from '../store/run-rows.js';
export type { CarriedRun, RunEnd, RunObserver } from './run-observer.js';
export { isOver, toProgress } from './run-progress.js';
export { RunQueue } from './run-queue.js';
export { RunWorker } from './run-worker.js';
