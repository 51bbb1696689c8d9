/** Kinds of settings that only code can give. */
import { type Logger, silentLogger } from '../logger.js';
import { hasMethods, type Kind } from '../settings/index.js';
import type { NativeEndpoint } from '../transport/index.js';
import { InvalidValue } from '../wire/index.js';

/** Methods that identify an endpoint of `@number0/iroh`, also one of another copy of the package. */
const ENDPOINT_METHODS = ['id', 'addr', 'connect', 'acceptNext', 'setAlpns', 'close'];

/** The app's own endpoint, or a promise of one. */
export function nativeEndpoint(): Kind<NativeEndpoint | PromiseLike<NativeEndpoint>> {
  return {
    should: 'an Endpoint of @number0/iroh, or a promise of one',
    fromValue: (value) => {
      if (!hasMethods(value, ...ENDPOINT_METHODS) && !hasMethods(value, 'then')) throw new InvalidValue();
      return value as NativeEndpoint | PromiseLike<NativeEndpoint>;
    },
  };
}

/** Whether the value that a promise of an endpoint resolved to is an endpoint. */
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
