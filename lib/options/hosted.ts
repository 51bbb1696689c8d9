import type { ApiSecret } from '../wire/index.js';

/** Whose relays an API secret of the hosted platform may name; n0 writes them with the final dot of a whole name. */
const HOSTED = /(^|\.)(iroh\.link|iroh\.network|iroh\.computer)\.?$/;

/**
 * Whether an API secret can be one of the hosted platform. That is found by n0's address lookup, or through n0's relays;
 * a secret with addresses or relays of somebody else is another platform's.
 */
export function mayBeHosted(secret: ApiSecret): boolean {
  const { relayUrls, directAddrs } = secret.platform;
  return directAddrs.length === 0 && relayUrls.every((url) => HOSTED.test(new URL(url).hostname));
}
