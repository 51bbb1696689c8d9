import type { Family } from '../../report/index.js';

/** How a datagram leaves. What is unknown is absent. */
export interface NextHop {
  /** IP address of the next hop; null: none, or none of this family: the link itself, a tunnel. */
  gateway?: string | null;
  interface?: string;
  /** Whether the interface is a tunnel, which has no link-layer address. */
  tunnel?: boolean;
}

/**
 * Finds the next hop of a route that the kernel picked. Never rejects because it found nothing: what it cannot find
 * is absent. It should give up when `signal` fires; nobody waits for it then.
 */
export type GatewayFinder = (
  family: Family,
  destination: string,
  sourceIp: string,
  signal: AbortSignal,
) => Promise<NextHop>;
