/** Which diagnostics of this process are alive: two that a platform cannot tell apart are usually a mistake. */
import type { SafeLogger } from '../logger.js';
import type { ActiveSettings } from '../options/index.js';

const alive = new Map<object, string>();

/**
 * Notes one that begins, and warns when another with the same API secret and name is alive. Both work: the platform
 * lists each.
 * @returns takes the note away, when it has ended
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
