import type { Actor, Caller, People } from '../people/index.js';

/** As the audit log names it. */
export const COMMAND_LINE: Actor = { kind: 'local', id: 'local', name: 'the command line', address: null };

/** Who it is that does something to the data without asking the platform: whoever has the data may do everything. */
export function commandLine({ callers }: People): Caller {
  return callers.local(COMMAND_LINE.name, null);
}
