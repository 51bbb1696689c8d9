import { isPublicAddress as isPublicOutside } from '../../../lib/wire/index.js';

/** In a lab the documentation ranges play the Internet. */
export function isPublicAddress(ip: string): boolean {
  return /^(203\.0\.113\.|198\.51\.100\.|2001:db8:)/.test(ip) || isPublicOutside(ip);
}
