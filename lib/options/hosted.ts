import type { ApiSecret } from '../wire/index.js';

/** Host names of relays that an API secret of the hosted platform may name. n0 writes them with a final dot. */
const HOSTED = /(^|\.)(iroh\.link|iroh\.network|iroh\.computer)\.?$/;

/**
 * Whether an API secret can belong to the hosted platform. That platform is found by n0's address lookup, or through n0's
 * relays; a secret with direct addresses, or with other relays, belongs to another platform.
 */
export function mayBeHosted(secret: ApiSecret): boolean {
  const { relayUrls, directAddrs } = secret.platform;
  return directAddrs.length === 0 && relayUrls.every((url) => HOSTED.test(new URL(url).hostname));
}
