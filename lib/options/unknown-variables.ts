import { nearest } from '../settings/index.js';
import { SETTINGS } from './table.js';

/** A variable that looks like one of ours and is none. */
export interface UnknownVariable {
  name: string;
  /** The one that was meant, if that can be told. */
  meant: string | undefined;
}

const VARIABLES = Object.values(SETTINGS).flatMap(({ variable }) => variable ?? []);

/** All that begins so is ours. */
const OURS = 'NET_DIAGNOSTICS_';
/** Of these some are other programs': named when one of ours is near. */
const SHARED = /^IROH_(?:SERVICES?|API|SECRET)_/;

/**
 * Variables that no setting reads although their names say that one should: misspelt, or of another version. They are
 * no error: the environment of a machine may serve several versions.
 * @param env - set to anything but nothing
 */
export function unknownVariables(env: NodeJS.ProcessEnv): UnknownVariable[] {
  return Object.keys(env)
    .filter((name) => (env[name] ?? '') !== '' && !VARIABLES.includes(name))
    .map((name) => ({ name, meant: nearest(name, VARIABLES) }))
    .filter(({ name, meant }) => name.startsWith(OURS) || (SHARED.test(name) && meant !== undefined));
}

/** As a sentence for people. */
export function unknownVariableText({ name, meant }: UnknownVariable): string {
  return `${name} is not known${meant === undefined ? '.' : `. Did you mean ${meant}?`}`;
}
