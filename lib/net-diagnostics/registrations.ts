/** The running diagnostics of this process: two that a platform cannot tell apart are usually a mistake. */
import type { SafeLogger } from '../logger.js';
import type { ActiveSettings } from '../options/index.js';

const alive = new Map<object, string>();

/**
 * Notes one that starts, and warns if another one with the same API secret and name is running. Both work; the platform
 * lists each.
 * @returns removes the note; to be called when it has ended
 */
export function noteRegistration({ apiSecret, name }: ActiveSettings, log: SafeLogger): () => void {
  const key = `${apiSecret.keyId} ${name ?? ''}`;
  if ([...alive.values()].includes(key)) {
    const which = name === null ? 'without a name' : `by the name ${JSON.stringify(name)}`;
    log.warn(
      `registered twice: another instance with this API secret runs ${which} in this process, and the platform lists both. ` +
        'Register once, or give each a `name`.',
      { event: 'registered-twice' },
    );
  }
  const note = {};
  alive.set(note, key);
  return () => void alive.delete(note);
}
