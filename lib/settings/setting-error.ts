import { NetDiagnosticsError } from '../errors.js';
import type { InvalidField } from './table.js';

/** Where a setting's value came from. */
export interface SettingOrigin {
  /** The option's name, for example `deadline`; in a group `http.path`. */
  option: string;
  /** Whose option it is, for example `diagnose()`; absent: a setting of `NetDiagnostics`. */
  of?: string | undefined;
  /** The environment variable's name; `null` for settings that only code can give. */
  variable: string | null;
  /** Which of the two was used; `null` when neither was given. */
  from: 'option' | 'variable' | null;
}

/** A setting is missing or malformed. `code` is `ERR_SETTING`; the message never holds a secret. */
export class SettingError extends NetDiagnosticsError<'ERR_SETTING'> {
  override name = 'SettingError';
  /** The wrong option; for one in a group, the group's name (`http` for `http.path`). */
  readonly option: string;
  /** Its environment variable, if it has one. */
  readonly variable: string | null;

  /**
   * @param origin - which setting it is and where its value came from
   * @param problem - completes the sentence "The setting `x` …"
   */
  constructor(origin: SettingOrigin, problem: string, options?: ErrorOptions) {
    super('ERR_SETTING', `The setting ${nameOf(origin)} ${problem}`, options);
    this.option = origin.option.replace(/\..*/, '');
    this.variable = origin.variable;
  }

  /** The error for what the reader of a table found. */
  static in(origin: Omit<SettingOrigin, 'option'>, { path, problem, cause }: InvalidField): SettingError {
    const options = cause === undefined ? undefined : { cause };
    return new SettingError({ ...origin, option: path }, problem, options);
  }
}

/** Names option and variable. The one that was used comes first, because that is where the user has to look. */
function nameOf({ option, of, variable, from }: SettingOrigin): string {
  if (of !== undefined) return `\`${option}\` of ${of}`;
  // An option in a group can only come from code.
  if (variable === null || option.includes('.')) return `\`${option}\``;
  return from === 'variable' ? `${variable} (option \`${option}\`)` : `\`${option}\` (variable ${variable})`;
}
