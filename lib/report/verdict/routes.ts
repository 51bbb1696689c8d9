import type { Family } from '../observation.js';
import type { Fact, ProbeRecord } from '../types.js';
import { judged, seen, unknown } from './seen.js';

/** Whether the kernel knows a way out in one family. */
export function judgeRouted(records: readonly ProbeRecord[], family: Family): Fact {
  const routes = seen(records, 'routes').filter(({ part }) => part.family === family);
  if (routes.length === 0) return unknown('the kernel was not asked for a route');
  const open = routes.filter(({ part }) => part.sourceIp !== null);
  if (open.length > 0) return judged('yes', 'the kernel has a route', open);
  const codes = [...new Set(routes.map(({ part }) => part.refusal ?? 'no route'))].join(', ');
  return judged('no', `the kernel refused every destination (${codes})`, routes);
}

/** Whether no family has a route: nothing can be measured, a run may end. */
export function hasNoRoute(records: readonly ProbeRecord[]): boolean {
  return ([4, 6] as const).every((family) => judgeRouted(records, family).value === 'no');
}
