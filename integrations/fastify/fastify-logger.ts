import type { FastifyBaseLogger } from 'fastify';
import type { Logger, LogSink } from '../../lib/index.js';

/** Sends our log lines to the app's own logger. With `logger: false`, Fastify's default, that is silent. */
export function fastifyLogger(log: FastifyBaseLogger): Logger {
  const to = (level: 'debug' | 'info' | 'warn' | 'error'): LogSink => {
    return (message, fields = {}) => log[level](fields, message);
  };
  return { debug: to('debug'), info: to('info'), warn: to('warn'), error: to('error') };
}
