import { PROBE_NAMES, type ProbeName } from '../probes/index.js';
import { type Kind, listOf, nearest } from '../settings/index.js';
import { InvalidValue } from '../wire/index.js';

/** Names of probes, each once. */
export function probeNames(): Kind<readonly ProbeName[]> {
  const check = (value: unknown) => {
    const found = PROBE_NAMES.find((name) => name === value);
    if (found !== undefined) return found;
    const meant = typeof value === 'string' ? nearest(value, PROBE_NAMES) : undefined;
    throw new InvalidValue(meant === undefined ? 'no probe has this name' : `did you mean "${meant}"?`);
  };
  return listOf(`a list of ${PROBE_NAMES.join(', ')}`, { fromText: check, fromValue: check }, (names) => {
    if (new Set(names).size < names.length) throw new InvalidValue('a name is listed twice');
  });
}
