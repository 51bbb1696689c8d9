export {
  type LinkedAbort,
  linkedAbort,
  newAbort,
  onAbort,
  type Scope,
  scoped,
  untilAborted,
} from './abort.js';
export { bounded, type Step, type WaitOptions, withDeadline } from './bounded.js';
export {
  type Clock,
  LONGEST_NAP_MS,
  MAX_TIMER_MS,
  monotonicMs,
  nowSeconds,
  type Sleep,
  sleepUntil,
  systemClock,
  systemSleep,
} from './clock.js';
export { type ClockJump, noClockJump, sleepOrJump, wakeful, watchClock } from './clock-jump.js';
export { Condition } from './condition.js';
export { notify } from './notify.js';
export { Patience, type PatienceOptions } from './patience.js';
export { type Release, Semaphore, type SemaphoreOptions } from './semaphore.js';
export { SharedRun, type SharedRunOptions } from './shared-run.js';
export { Throttle } from './throttle.js';
export { TokenBucket } from './token-bucket.js';
export { abortable, settledWithin } from './wait.js';
export { TimeUp, within } from './within.js';
