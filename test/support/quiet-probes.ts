import type { ProbeName } from '../../lib/index.js';
import { QUICK_OPTIONS, toEnv } from '../../lib/testing/quick.js';

/** The probes that ask nobody but whom a test names: the gateway of the network it runs in is none of its business. */
export const QUIET_PROBES: readonly ProbeName[] = QUICK_OPTIONS.probes;

/** The same for a process of its own. */
export const QUIET_ENV = toEnv({ probes: QUIET_PROBES });
