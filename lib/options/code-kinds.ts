/** Settings that only code can give. */
import { type Logger, silentLogger } from '../logger.js';
import { hasMethods, type Kind } from '../settings/index.js';
import type { NativeEndpoint } from '../transport/index.js';
import { InvalidValue } from '../wire/index.js';

/** Methods that tell an endpoint of `@number0/iroh`, whichever copy of it made it. */
const ENDPOINT_METHODS = ['id', 'addr', 'connect', 'acceptNext', 'setAlpns', 'close'];

/** An endpoint of the app's own, or a promise of one. */
export function nativeEndpoint(): Kind<NativeEndpoint | PromiseLike<NativeEndpoint>> {
  return {
    should: 'an Endpoint of @number0/iroh, or a promise of one',
    fromValue: (value) => {
      if (!hasMethods(value, ...ENDPOINT_METHODS) && !hasMethods(value, 'then')) throw new InvalidValue();
      return value as NativeEndpoint | PromiseLike<NativeEndpoint>;
    },
  };
}

/** Whether what a promise of an endpoint resolved to is one. */
export function isNativeEndpoint(value: unknown): value is NativeEndpoint {
  return hasMethods(value, ...ENDPOINT_METHODS);
}

/** Where log lines go. */
export function logger(): Kind<Logger> {
  return {
    should: 'an object with the methods info, warn and error, or false for silence',
    fromValue: (value) => {
      if (value === false) return silentLogger;
      if (!hasMethods(value, 'info', 'warn', 'error')) throw new InvalidValue();
      return value as Logger;
    },
  };
}
