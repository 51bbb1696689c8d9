import { Logger as NestLogger } from '@nestjs/common';
import type { Logger, LogSink } from '../../lib/index.js';

/** Nest's logger, as the app configured it, for our log lines. */
export function nestLogger(context: string): Logger {
  const logger = new NestLogger(context);
  // Fields go into the line: what Nest does with further arguments differs between loggers.
  const to = (write: (message: string) => void): LogSink => {
    return (message, fields) => {
      const hasFields = fields !== undefined && Object.keys(fields).length > 0;
      write(hasFields ? `${message} ${JSON.stringify(fields)}` : message);
    };
  };
  return {
    debug: to((message) => logger.debug(message)),
    info: to((message) => logger.log(message)),
    warn: to((message) => logger.warn(message)),
    error: to((message) => logger.error(message)),
  };
}
