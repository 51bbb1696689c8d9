import { nearest } from '../settings/index.js';
import { SETTINGS } from './table.js';

/** An environment variable that looks like one of ours, but that no setting reads. */
export interface UnknownVariable {
  name: string;
  /** The variable that was probably meant; `undefined` when none is near. */
  meant: string | undefined;
}

const VARIABLES = Object.values(SETTINGS).flatMap(({ variable }) => variable ?? []);

/** Every variable with this prefix belongs to this package. */
const OURS = 'NET_DIAGNOSTICS_';
/** Some variables of this form belong to other programs, so one is reported only when its name is near one of ours. */
const SHARED = /^IROH_(?:SERVICES?|API|SECRET)_/;

/**
 * Variables that no setting reads although their names look like ours: misspelt, or of another version. They are no error:
 * the environment of a machine may serve several versions.
 * @param env - empty variables count as not set
 */
export function unknownVariables(env: NodeJS.ProcessEnv): UnknownVariable[] {
  return Object.keys(env)
    .filter((name) => (env[name] ?? '') !== '' && !VARIABLES.includes(name))
    .map((name) => ({ name, meant: nearest(name, VARIABLES) }))
    .filter(({ name, meant }) => name.startsWith(OURS) || (SHARED.test(name) && meant !== undefined));
}

/** The log line for an unknown variable. */
export function unknownVariableText({ name, meant }: UnknownVariable): string {
  return `${name} is not known${meant === undefined ? '.' : `. Did you mean ${meant}?`}`;
}
