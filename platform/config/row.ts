import { NetDiagnosticsError, type Row, reading, type TextKind } from 'iroh-net-diagnostics/services';
import type { LogFormat } from '../observe/log-words.js';
import type { OidcOptions } from '../oidc-options.js';
import type { DashboardOptions, FirstAdministratorOptions, PlatformOptions, TlsOptions } from '../options.js';

/** Where a setting goes in the options of `Platform.start`. */
export type Place =
  | Exclude<keyof PlatformOptions, 'dashboard'>
  | `dashboard.${Exclude<keyof DashboardOptions, 'admin' | 'oidc' | 'tls'>}`
  | `dashboard.admin.${keyof FirstAdministratorOptions}`
  | `dashboard.oidc.${keyof OidcOptions}`
  | `dashboard.tls.${keyof TlsOptions}`;

/**
 * One setting: `--NAME` on a command line, `IROH_PLATFORM_NAME` in the environment, `NAME:` in the file.
 * @typeParam T - the value
 */
export interface ConfigRow<T = unknown> {
  readonly kind: TextKind<T>;
  /** What the flag takes, as its help shows it: `<file>`; empty for a flag without a value. */
  readonly takes: string;
  /** One or two sentences for help and docs, without a full stop at the end. */
  readonly about: string;
  /** In words, when it is not given; `null`: `about` says it, or nothing is. */
  readonly default: string | null;
  /** `null`: the command reads it by itself. */
  readonly to: Place | null;
  /** A text for docs and tests, as one writes it behind the flag. */
  readonly example: string;
  /** `list`: the flag may be given several times. `numbers`: also, and the names of all sources are put together. */
  readonly many?: 'list' | 'numbers';
  /** The value is never shown, and is no flag, since everybody on the machine can see those; it has a {@link contentOf} row. */
  readonly isSecret?: boolean;
  /** A secret that need not hold one, as a URL may be without a password: it is a flag, too. */
  readonly mayLackSecret?: boolean;
  /** Names a file or folder: in the configuration file it is relative to that file's folder. */
  readonly isPath?: boolean;
  /** The name of the secret that the named file holds. */
  readonly contentOf?: string;
  /** What `Platform.start` gets for the value. Default: the value. */
  toOption?(value: T): unknown;
  /** How `config` shows the value. Default: as it is. */
  show?(value: T): unknown;
}

/** Settings by their names. */
export type ConfigTable = Readonly<Record<string, ConfigRow>>;

/** Settings are wrong, or the file with them: one sentence or several, a line each, which name the place. `ERR_SETTING`. */
export class ConfigError extends NetDiagnosticsError<'ERR_SETTING'> {
  override name = 'ConfigError';

  /** @param logFormat - that of the settings, as far as they could be read */
  constructor(
    readonly problems: readonly string[],
    options?: ErrorOptions,
    readonly logFormat: LogFormat = 'text',
  ) {
    super('ERR_SETTING', problems.join('\n'), options);
  }
}

/** With this begins each variable of ours. */
export const VARIABLE_PREFIX = 'IROH_PLATFORM_';

/** The environment variable of a setting. */
export function variableOf(name: string): string {
  return `IROH_PLATFORM_${name
    .replace(/^platform-/, '')
    .replaceAll('-', '_')
    .toUpperCase()}`;
}

/** Whether a command line can give it. */
export function hasFlag({ isSecret = false, mayLackSecret = false }: ConfigRow): boolean {
  return !isSecret || mayLackSecret;
}

/**
 * Reads what somebody gave.
 * @param given - a text, also in the file; else what the file holds
 * @throws InvalidField, whose `problem` completes the sentence "NAME …"
 */
export function readGiven(name: string, row: ConfigRow, given: unknown): unknown {
  const { kind, isSecret = false } = row;
  const asRow: Row<unknown> = { kind, default: undefined, isSecret };
  return reading(name, asRow, given, () =>
    typeof given === 'string' ? kind.fromText(given.trim()) : kind.fromValue(given),
  );
}
