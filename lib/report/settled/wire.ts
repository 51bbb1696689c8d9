import type { PendingRun } from './cases.js';

/**
 * Whether what a run may still see can enter the platform's report: it has no word for filtering, and judges nothing
 * that went through a proxy.
 */
export function entersWireReport({ probe, target }: Pick<PendingRun, 'probe' | 'target'>): boolean {
  return probe !== 'https-via-proxy' && !(probe === 'stun' && target === 'filtering');
}
