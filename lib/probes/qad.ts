import type { PlannedRun, Probe, ProbeContext } from './probe.js';
import type { TrustAnchors } from './qad/index.js';
import { QadRun } from './qad/run.js';

const FAMILIES = [4, 6] as const;

/**
 * Our address as each relay sees it, by QUIC address discovery, and whether the path then carries full-size datagrams
 * for a while. Two runs for each family, because the second takes some hundred milliseconds more and neither addresses
 * nor handshakes should wait for it.
 *
 * @param trust - whom iroh trusts; called before anything is timed
 */
export function qadProbe(trust: (context: ProbeContext) => TrustAnchors) {
  return {
    name: 'qad',
    plan: ({ relays }) => {
      const offering = relays.filter(({ quicPort }) => quicPort !== null);
      if (offering.length === 0) return [];
      return FAMILIES.flatMap((family): PlannedRun[] => {
        let shared: QadRun | undefined;
        const run = (context: ProbeContext) => {
          shared ??= new QadRun(family, context, trust(context), offering);
          return shared;
        };
        return [
          { family, run: (context) => run(context).addresses },
          { family, target: 'exchange', run: (context) => run(context).exchange },
        ];
      });
    },
  } as const satisfies Probe;
}
