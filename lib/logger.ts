/** Where log lines go. */
import { notify } from './async/index.js';

/** One level's sink. */
export type LogSink = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

/**
 * What log lines are given to. `console` fits, and so does pino, which gets the fields first, as it wants them; `fields`
 * are JSON-safe and hold no secret.
 */
export interface Logger {
  debug?: LogSink | undefined;
  info: LogSink;
  warn: LogSink;
  error: LogSink;
}

/**
 * The names of our log lines: `fields.event`. They are stable, for whoever filters or alerts; the wording of a line is
 * not. The guide on observability lists them.
 */
export const LOG_EVENTS = [
  'disabled',
  'unknown-variable',
  'registered-twice',
  'path-taken',
  'identity-made',
  'key-file-exposed',
  'identity-shared',
  'unavailable',
  'online',
  'offline',
  'unauthorized',
  'request-failed',
  'request-refused',
  'endpoint-closed',
  'labels-unsupported',
  'metrics-slowed',
  'metrics-failed',
  'granted',
  'grant-refused',
  'revocation-ephemeral',
  'relay-token-failed',
  'paused',
  'resumed',
  'dial-back-answered',
  'dial-back-failed',
  'dial-back-refused',
  'dial-back-vetoed',
  'dial-back-aborted',
  'http-closed',
  'http-fault',
] as const;

/** One of {@link LOG_EVENTS}. */
export type LogEvent = (typeof LOG_EVENTS)[number];

/** What every line of ours carries. */
export interface LogFields {
  event: LogEvent;
  [field: string]: unknown;
}

/**
 * A {@link Logger} that has every level and never throws. The levels are for an operator in production. `error`: it does
 * not work, and will not by itself. `warn`: somebody should look. `info`: a change worth one line. `debug`: the rest.
 */
export type SafeLogger = Record<keyof Logger, (message: string, fields: LogFields) => void>;

/** Says nothing. */
export const silentLogger: Logger = { info: () => {}, warn: () => {}, error: () => {} };

/** The default. To standard error: a program's standard output may be read by another program. */
export const stderrLogger: Logger = {
  info: toStderr('info'),
  warn: toStderr('warn'),
  error: toStderr('error'),
};

function toStderr(level: string): LogSink {
  return (message, fields) => {
    const rest = fields === undefined || Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`;
    console.error(`iroh-net-diagnostics ${level}: ${message}${rest}`);
  };
}

/** A logger as pino is one. */
type FieldsFirst = Record<keyof Logger, (fields: LogFields, message: string) => void>;

/** Wraps a logger of the user's own: what it throws (or rejects with) is dropped, it must not stop our work. */
export function safeLogger(logger: Logger): SafeLogger {
  const fieldsFirst = wantsFieldsFirst(logger) ? (logger as unknown as FieldsFirst) : null;
  const level = (name: keyof Logger): SafeLogger[keyof Logger] => {
    return (message, fields) => {
      notify(() => (fieldsFirst ? fieldsFirst[name](fields, message) : logger[name]?.(message, fields)));
    };
  };
  return { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') };
}

/** In `Symbol.for`, so of every copy and version of pino; a child has it from its parent. */
const OF_PINO = Symbol.for('pino.serializers');

/**
 * Whether a logger wants its fields before the message, and takes what comes behind for arguments of a format, which
 * are dropped: pino, and `PinoLogger` of `nestjs-pino`, which holds one.
 */
export function wantsFieldsFirst(logger: unknown): boolean {
  return isPino(logger) || (isObject(logger) && 'logger' in logger && isPino(logger.logger));
}

function isPino(value: unknown): boolean {
  return isObject(value) && OF_PINO in value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
