import type { Observation, Outcome, StunAnswerSeen } from '../../report/index.js';
import type { RunResult } from '../probe.js';
import type { BindingResponse } from './message.js';

interface Failure {
  outcome: Exclude<Outcome, 'ok' | 'aborted'>;
  message: string;
}

const SILENCE: Failure = { outcome: 'timeout', message: 'no STUN server answered' };

const FAILURES: Readonly<Record<StunAnswerSeen['result'], Failure>> = {
  answered: { outcome: 'skipped', message: 'no STUN server can answer from another address' },
  error: { outcome: 'failed', message: 'no STUN server answered but with an error' },
  refused: { outcome: 'failed', message: 'this machine did not send the requests' },
  unresolved: { outcome: 'failed', message: 'no name of a STUN server was resolved' },
  silent: SILENCE,
  cut: SILENCE,
};

/** Results by how much they explain a failed run, the best explanation first. */
const MOST_TELLING = ['answered', 'error', 'silent', 'cut', 'refused', 'unresolved'] as const;

/** A run's outcome: `ok` if it got what it wanted, otherwise the result that explains most. */
export function resultOf(
  stun: readonly StunAnswerSeen[],
  succeeded: boolean,
  observation: Observation,
): RunResult {
  const all = { ...observation, ...(stun.length === 0 ? {} : { stun }) };
  if (succeeded) return { outcome: 'ok', observation: all };
  const results = MOST_TELLING.map((result) => stun.find((answer) => answer.result === result));
  const telling = results.find((answer) => answer !== undefined);
  if (telling === undefined) {
    const message = 'no STUN server has an address of this family';
    return { outcome: 'skipped', error: { code: 'NO_ADDRESS', message } };
  }
  const { outcome, message } = FAILURES[telling.result];
  const code = telling.code ?? (telling.result === 'answered' ? 'NO_OTHER_ADDRESS' : 'NO_ANSWER');
  return { outcome, error: { code, message: PROBLEMS.get(code) ?? message }, observation: all };
}

/** Why an answer cannot be used, as a code. Null: it can. */
export function problemOf({ errorCode, unknown }: BindingResponse): string | null {
  if (errorCode !== null) return `STUN_${errorCode}`;
  return unknown === null ? null : 'UNKNOWN_ATTRIBUTE';
}

/** What the codes mean. Codes of errors, `STUN_…`, have the server's own number. */
const PROBLEMS: ReadonlyMap<string, string> = new Map([
  [
    'ONLY_MAPPED_ADDRESS',
    'a STUN server told the address in clear alone, which proves nothing: a NAT may have rewritten it',
  ],
  ['NO_PORT', 'a STUN server told an address without a port'],
  ['UNKNOWN_ATTRIBUTE', 'a STUN server answered with something that only newer clients understand'],
]);
