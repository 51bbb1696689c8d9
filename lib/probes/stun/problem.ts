import type { BindingResponse } from './message.js';

/** Why nothing in an answer can be used, as a code; null: it can. */
export function problemOf({ errorCode, unknown }: BindingResponse): string | null {
  if (errorCode !== null) return `STUN_${errorCode}`;
  return unknown === null ? null : 'UNKNOWN_ATTRIBUTE';
}

/** What the codes of answers that tell nothing mean. Those of errors, `STUN_…`, are the server's own. */
export const PROBLEMS: ReadonlyMap<string, string> = new Map([
  [
    'ONLY_MAPPED_ADDRESS',
    'a STUN server told the address in clear alone, which proves nothing: a NAT may have rewritten it',
  ],
  ['NO_PORT', 'a STUN server told an address without a port'],
  ['UNKNOWN_ATTRIBUTE', 'a STUN server answered with something that only newer clients understand'],
]);
