import type { FastifyBaseLogger } from 'fastify';
import type { Logger, LogSink } from '../../lib/index.js';

/** The app's own logger for our log lines: with `logger: false`, Fastify's default, it is silent. */
export function fastifyLogger(log: FastifyBaseLogger): Logger {
  const to = (level: 'debug' | 'info' | 'warn' | 'error'): LogSink => {
    return (message, fields = {}) => log[level](fields, message);
  };
  return { debug: to('debug'), info: to('info'), warn: to('warn'), error: to('error') };
}
