import { ConsoleLogger, type LoggerService, Logger as NestLogger } from '@nestjs/common';
import type { Logger, LogSink } from '../../lib/index.js';
import { wantsFieldsFirst } from '../../lib/logger.js';

type Fields = Readonly<Record<string, unknown>>;

/** Nest's logger, as the app configured it, for our log lines. */
export function nestLogger(context: string): Logger {
  const logger = new NestLogger(context);
  const to = (level: 'debug' | 'log' | 'warn' | 'error'): LogSink => {
    return (message, fields = {}) => {
      // The type does not say so: there is none where the app has turned Nest's logger off.
      const behind: LoggerService | undefined = logger.localInstance;
      if (behind === undefined) return;
      const [first, ...others] = argumentsFor(behind, message, fields);
      logger[level](first, ...others);
    };
  };
  return { debug: to('debug'), info: to('log'), warn: to('warn'), error: to('error') };
}

/** What a logger is called with, so that the fields are fields of its line; it adds the context at the end. */
function argumentsFor(logger: LoggerService, message: string, fields: Fields): [unknown, ...unknown[]] {
  if (Object.keys(fields).length === 0) return [message];
  if (logger instanceof ConsoleLogger && isJson(logger)) {
    return takesParams(logger) ? [message, fields] : [{ message, ...fields }];
  }
  // Of nestjs-pino: the second is the one that does as Nest's.
  if (isOfNestjsPino(logger) && !('getContextAndMessagesToPrint' in logger)) return [fields, message];
  if (isOfNestjsPino(logger) && 'structuredParams' in logger && logger.structuredParams === true) {
    return [message, fields];
  }
  // Into the line: what is done with further arguments differs between loggers, and nothing is lost so.
  return [`${message} ${JSON.stringify(fields)}`];
}

/** As far as `ConsoleLogger`, of Nest 11 and 12, shows its options to its subclasses. */
interface WithOptions {
  options?: { json?: boolean; structuredParams?: boolean };
}

function isJson(logger: ConsoleLogger): boolean {
  return (logger as unknown as WithOptions).options?.json === true;
}

/** Nest 12 has a place for fields, and Nest 11 writes each argument as a line of its own. */
function takesParams(logger: ConsoleLogger): boolean {
  return (
    'stringifyParams' in logger && (logger as unknown as WithOptions).options?.structuredParams !== false
  );
}

/** Both of its loggers hold its `PinoLogger`, and know by which name the context goes. */
function isOfNestjsPino(logger: object): boolean {
  return 'contextName' in logger && 'logger' in logger && wantsFieldsFirst(logger.logger);
}
