import type { Caller, People } from '../people/index.js';

/** Who it is that does something to the data without asking the platform: whoever has the data may do everything. */
export function commandLine({ callers }: People): Caller {
  return callers.local('the command line', null);
}
