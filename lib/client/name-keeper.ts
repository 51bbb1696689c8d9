import { type Sleep, systemSleep } from '../clock.js';
import { type ClientLimits, DEFAULT_CLIENT_LIMITS } from './limits.js';
import type { OnlineHook } from './online-session.js';
import type { RemoteError } from './remote-error.js';
import { untilTaken } from './until-taken.js';

/** What {@link nameKeeper} takes. */
export interface NameKeeperOptions {
  /** 2 to 128 bytes of UTF-8. */
  name: string;
  limits?: Partial<ClientLimits> | undefined;
  sleep?: Sleep | undefined;
  /** 0 (inclusive) to 1 (exclusive). Default: `Math.random`. */
  random?: (() => number) | undefined;
  /** Is told why the platform did not take the name; it is sent again later. */
  onRefused?: ((error: RemoteError) => void) | undefined;
}

/** A hook for `Session` that tells the platform the endpoint's name on every new connection. */
export function nameKeeper(options: NameKeeperOptions): OnlineHook {
  const { name, onRefused, sleep = systemSleep, random = Math.random } = options;
  const limits = { ...DEFAULT_CLIENT_LIMITS, ...options.limits };
  return (session) =>
    untilTaken(() => session.request({ type: 'name-endpoint', name }, { signal: session.signal }), {
      sleep,
      random,
      limits,
      signal: session.signal,
      onRefused,
    });
}
