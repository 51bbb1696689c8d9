import { NetDiagnosticsError } from '../errors.js';

/** Where a setting's value came from. */
export interface SettingOrigin {
  /** The option's name, for example `deadline`. */
  option: string;
  /** The environment variable's name; `null` for settings that only code can give. */
  variable: string | null;
  /** Which of the two was used; `null` when neither was given. */
  from: 'option' | 'variable' | null;
}

/** A setting is missing or malformed. `code` is `ERR_SETTING`; the message never holds a secret. */
export class SettingError extends NetDiagnosticsError {
  override name = 'SettingError';
  /** The option at fault. */
  readonly option: string;
  /** Its environment variable, if it has one. */
  readonly variable: string | null;

  /**
   * @param origin - which setting it is and where its value came from
   * @param problem - completes the sentence "The setting `x` …"
   */
  constructor(origin: SettingOrigin, problem: string, options?: ErrorOptions) {
    super('ERR_SETTING', `The setting ${nameOf(origin)} ${problem}`, options);
    this.option = origin.option;
    this.variable = origin.variable;
  }
}

/** Names both, the one that was used first: that is where the reader has to look. */
function nameOf({ option, variable, from }: SettingOrigin): string {
  if (variable === null) return `\`${option}\``;
  return from === 'variable' ? `${variable} (option \`${option}\`)` : `\`${option}\` (variable ${variable})`;
}
