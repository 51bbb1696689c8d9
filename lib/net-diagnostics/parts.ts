import { type Clock, type Sleep, systemClock, systemSleep } from '../async/index.js';
import { type ClientLimits, DEFAULT_CLIENT_LIMITS } from '../client/index.js';
import type { DiagnoseEnvironment, DiagnoseOptions } from '../diagnose/index.js';
import type { BindingLoader } from '../transport/index.js';

/** The network that reports are made in. */
export interface Surroundings extends Pick<DiagnoseOptions, 'isPublicAddress'> {
  environment?: Partial<DiagnoseEnvironment> | null | undefined;
}

/** Everything that comes from outside, so that a test can replace it. */
export interface Parts {
  clock: Clock;
  sleep: Sleep;
  /** 0 (inclusive) to 1 (exclusive). */
  random: () => number;
  clientLimits: ClientLimits;
  /** Loads the native binding; `undefined`: `@number0/iroh`. */
  loadBinding: BindingLoader | undefined;
  /** Default: this machine, and the Internet as it is. */
  surroundings: Surroundings;
}

/** The real ones. */
export const SYSTEM_PARTS: Readonly<Parts> = {
  clock: systemClock,
  sleep: systemSleep,
  random: Math.random,
  clientLimits: DEFAULT_CLIENT_LIMITS,
  loadBinding: undefined,
  surroundings: {},
};
