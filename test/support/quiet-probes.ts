import type { ProbeName } from '../../lib/index.js';

/** The probes that ask nobody but whom a test names: the gateway of the network it runs in is none of its business. */
export const QUIET_PROBES: readonly ProbeName[] = ['route', 'endpoint', 'https', 'captive-portal'];

/** The same for a process of its own. */
export const QUIET_ENV = { NET_DIAGNOSTICS_PROBES: QUIET_PROBES.join(',') };
