import type { PlannedRun, Probe, ProbeContext } from './probe.js';
import { StunRun } from './stun/run.js';

const FAMILIES = [4, 6] as const;

/**
 * How STUN servers see this machine, and which datagrams come in uninvited. Asks only the servers of the settings;
 * without any it plans nothing.
 */
export const stunProbe = {
  name: 'stun',
  plan: ({ stunServers }) => {
    if (stunServers.length === 0) return [];
    return FAMILIES.flatMap((family): PlannedRun[] => {
      let shared: StunRun | undefined;
      const run = (context: ProbeContext) => {
        shared ??= new StunRun(stunServers, family, context);
        return shared;
      };
      return [
        { target: 'mapping', family, run: (context) => run(context).mapping },
        { target: 'filtering', family, run: (context) => run(context).filtering },
      ];
    });
  },
} as const satisfies Probe;
