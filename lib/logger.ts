/** Where log lines go. */
import { notify } from './async/index.js';

/** One level's sink. */
export type LogSink = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

/**
 * Receives log lines. `console` fits, and so does pino, which gets the fields before the message. `fields` are JSON-safe
 * and hold no secret.
 */
export interface Logger {
  debug?: LogSink | undefined;
  info: LogSink;
  warn: LogSink;
  error: LogSink;
}

/**
 * The names of our log lines: `fields.event`. They are stable, so filters and alerts can use them; the text of a line is
 * not stable. The guide on observability lists them.
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

/** The fields of every log line of this package. */
export interface LogFields {
  event: LogEvent;
  [field: string]: unknown;
}

/**
 * A {@link Logger} that has every level and never throws. The levels are for an operator in production. `error`: something
 * does not work and will not recover by itself. `warn`: somebody should look. `info`: a change worth one line. `debug`:
 * the rest.
 */
export type SafeLogger = Record<keyof Logger, (message: string, fields: LogFields) => void>;

/** Writes nothing. */
export const silentLogger: Logger = { info: () => {}, warn: () => {}, error: () => {} };

/** The default. It writes to standard error, because another program may read the standard output. */
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

/** A logger with pino's order of arguments. */
type FieldsFirst = Record<keyof Logger, (fields: LogFields, message: string) => void>;

/** Wraps the user's logger. What it throws (or rejects with) is dropped: it must not stop our work. */
export function safeLogger(logger: Logger): SafeLogger {
  const fieldsFirst = wantsFieldsFirst(logger) ? (logger as unknown as FieldsFirst) : null;
  const level = (name: keyof Logger): SafeLogger[keyof Logger] => {
    return (message, fields) => {
      notify(() => (fieldsFirst ? fieldsFirst[name](fields, message) : logger[name]?.(message, fields)));
    };
  };
  return { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') };
}

/** A `Symbol.for`, so the same in every copy and version of pino. A child logger inherits it from its parent. */
const OF_PINO = Symbol.for('pino.serializers');

/**
 * Whether a logger wants its fields before the message. True for pino, and for `PinoLogger` of `nestjs-pino`, which wraps
 * one: they take fields after the message as arguments of its format, and drop them.
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
