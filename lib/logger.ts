/** Where log lines go. */

/** One level's sink. */
export type LogSink = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** What log lines are given to. `console` fits; `fields` are JSON-safe and hold no secret. */
export interface Logger {
  debug?: LogSink | undefined;
  info: LogSink;
  warn: LogSink;
  error: LogSink;
}

/** A {@link Logger} that has every level and never throws. */
export type SafeLogger = Required<{ [Level in keyof Logger]: LogSink }>;

/** Says nothing. */
export const silentLogger: Logger = { info: () => {}, warn: () => {}, error: () => {} };

/** The default. To standard error: a program's standard output may be read by another program. */
export const stderrLogger: Logger = { info: toStderr, warn: toStderr, error: toStderr };

function toStderr(message: string, fields?: Readonly<Record<string, unknown>>): void {
  const rest = fields === undefined || Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`;
  console.error(`iroh-net-diagnostics: ${message}${rest}`);
}

/** Wraps a logger of the user's own: what it throws (or rejects with) is dropped, it must not stop our work. */
export function safeLogger(logger: Logger): SafeLogger {
  const level = (name: keyof Logger): LogSink => {
    return (message, fields) => {
      callSafely(() => logger[name]?.(message, fields));
    };
  };
  return { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') };
}

/** Calls a function of the user's own whose result does not matter. Never throws, leaves no unhandled rejection. */
export function callSafely(call: () => unknown): void {
  try {
    const result = call();
    if (result instanceof Promise) result.catch(() => {});
  } catch {
    // Theirs: a failing log sink or listener has nobody left to be told.
  }
}
