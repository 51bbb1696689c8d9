import { ConsoleLogger, type LoggerService, Logger as NestLogger } from '@nestjs/common';
import type { Logger, LogSink } from '../../lib/index.js';
import { wantsFieldsFirst } from '../../lib/logger.js';

type Fields = Readonly<Record<string, unknown>>;

/** Sends our log lines to Nest's logger, as the app configured it. */
export function nestLogger(context: string): Logger {
  const logger = new NestLogger(context);
  const to = (level: 'debug' | 'log' | 'warn' | 'error'): LogSink => {
    return (message, fields = {}) => {
      // Undefined when the app has turned Nest's logger off, although its type does not say so.
      const behind: LoggerService | undefined = logger.localInstance;
      if (behind === undefined) return;
      const [first, ...others] = argumentsFor(behind, message, fields);
      logger[level](first, ...others);
    };
  };
  return { debug: to('debug'), info: to('log'), warn: to('warn'), error: to('error') };
}

/** The arguments that make a logger write the fields as fields of its line. The logger adds the context after them. */
function argumentsFor(logger: LoggerService, message: string, fields: Fields): [unknown, ...unknown[]] {
  if (Object.keys(fields).length === 0) return [message];
  if (logger instanceof ConsoleLogger && isJson(logger)) {
    return takesParams(logger) ? [message, fields] : [{ message, ...fields }];
  }
  // Not for nestjs-pino's `NativeLogger`, which has this method: it takes its arguments as Nest's logger does.
  if (isOfNestjsPino(logger) && !('getContextAndMessagesToPrint' in logger)) return [fields, message];
  if (isOfNestjsPino(logger) && 'structuredParams' in logger && logger.structuredParams === true) {
    return [message, fields];
  }
  // Other loggers treat further arguments differently. The fields go into the message, so that nothing is lost.
  return [`${message} ${JSON.stringify(fields)}`];
}

/** The options of `ConsoleLogger` that its subclasses see, in Nest 11 and 12. */
interface WithOptions {
  options?: { json?: boolean; structuredParams?: boolean };
}

function isJson(logger: ConsoleLogger): boolean {
  return (logger as unknown as WithOptions).options?.json === true;
}

/** Nest 12 takes fields as an argument; Nest 11 writes each argument as a separate line. */
function takesParams(logger: ConsoleLogger): boolean {
  return (
    'stringifyParams' in logger && (logger as unknown as WithOptions).options?.structuredParams !== false
  );
}

/** Both of its loggers hold its `PinoLogger` and the name of the field for the context. */
function isOfNestjsPino(logger: object): boolean {
  return 'contextName' in logger && 'logger' in logger && wantsFieldsFirst(logger.logger);
}
