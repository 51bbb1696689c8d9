import type { PlannedRun, Probe } from './probe.js';
import { runFiltering } from './stun/filtering.js';
import { runMapping } from './stun/mapping.js';

const FAMILIES = [4, 6] as const;

/**
 * How STUN servers see this machine, and what comes in uninvited. Asks the servers of the settings and nobody else;
 * without any it plans nothing.
 */
export const stunProbe = {
  name: 'stun',
  plan: ({ stunServers }) =>
    stunServers.length === 0
      ? []
      : FAMILIES.flatMap((family): PlannedRun[] => [
          { target: 'mapping', family, run: (context) => runMapping(stunServers, family, context) },
          { target: 'filtering', family, run: (context) => runFiltering(stunServers, family, context) },
        ]),
} as const satisfies Probe;
