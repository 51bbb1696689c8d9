import { NetDiagnosticsError } from 'iroh-net-diagnostics/services';

/**
 * Why something about people was not done. `invalid`: a value is not as it has to be. `taken`: somebody has it already.
 * `unknown`: it does not exist. `forbidden`: the caller may not give what he has not. `last-administrator`: nobody would be
 * left. `full`: there are as many as there may be. `busy`: too many passwords are being checked.
 */
export type PeopleReason =
  | 'invalid'
  | 'taken'
  | 'unknown'
  | 'forbidden'
  | 'last-administrator'
  | 'full'
  | 'busy';

/** Something about people that was not done. The message says why, in words for who asked. */
export class PeopleError extends NetDiagnosticsError<'ERR_SETTING' | 'ERR_STATE'> {
  override name = 'PeopleError';
  readonly reason: PeopleReason;
  /** The value that is wrong or taken; `null`: it is not about one. */
  readonly field: string | null;

  constructor(reason: PeopleReason, message: string, field: string | null = null) {
    super(reason === 'invalid' ? 'ERR_SETTING' : 'ERR_STATE', message);
    this.reason = reason;
    this.field = field;
  }
}
