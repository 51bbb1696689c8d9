import type { Kind, Row } from '../settings/index.js';

/** One row of the settings table. `T`: the checked value; `D`: the value when none is given. */
export interface Setting<T, D = T> extends Row<T, D> {
  /** The environment variable; `null`: only code can give it. */
  variable: string | null;
  /** The default as the README's table shows it. */
  defaultText: string;
  isSecret: boolean;
  /** Markdown for the README's table. */
  description: string;
}

/** The parts of a row that have a usual value. */
interface Extras {
  variable?: string;
  defaultText?: string;
  isSecret?: boolean;
}

/** A row with a default. */
export function withDefault<T>(
  kind: Kind<T>,
  value: T,
  description: string,
  extras: Extras = {},
): Setting<T> {
  return {
    ...row(description, extras),
    kind,
    default: value,
    defaultText: extras.defaultText ?? `\`${value}\``,
  };
}

/** A row without a default: the value is `null` when none is given. */
export function optional<T>(kind: Kind<T>, description: string, extras: Extras = {}): Setting<T, null> {
  return { ...row(description, extras), kind, default: null, defaultText: extras.defaultText ?? 'none' };
}

function row(description: string, { variable, isSecret = false }: Extras) {
  return { description, variable: variable ?? null, isSecret };
}
