import type { PlatformEvent } from 'iroh-net-diagnostics/services';
import { destination, type Logger as PinoLogger, pino } from 'pino';
import type { LogFormat, LogLevel } from './log-words.js';
import type { RequestRecord } from './requests.js';

/** A log of the platform's own program. */
export interface LogOptions {
  /** `text`: lines for people. `json`: each line an object. Default: text. */
  format?: LogFormat | undefined;
  /** The least that is written. Default: info. */
  level?: LogLevel | undefined;
  /** Gets the lines, each with its end. Default: standard error, at once. */
  write?: ((line: string) => void) | undefined;
}

/** Names that no field of ours has; one that gets in by mistake is left out. */
const NEVER = ['password', 'token', 'secret', 'cookie', 'authorization', 'code_verifier', 'key'];

/**
 * Writes what happens, one line each. `event` is stable, so filters and alerts can use it; the guide on observability lists
 * them. The text of a line is for people and may change.
 */
export class Log {
  readonly #pino: PinoLogger;

  constructor({ format = 'text', level = 'info', write }: LogOptions = {}) {
    // At once: a line that waits in memory is lost with the process it is about.
    const stderr = write === undefined ? destination({ fd: 2, sync: true }) : null;
    const out = write ?? ((line: string) => void stderr?.write(line));
    const options = {
      level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label: string) => ({ level: label }) },
      redact: { paths: NEVER.flatMap((name) => [name, `*.${name}`]), remove: true },
    };
    this.#pino = pino(options, { write: format === 'json' ? out : (line: string) => out(asText(line)) });
  }

  /** One line. @param event - a stable word @param fields - what a program may want to know; never a secret */
  write(level: LogLevel, event: string, message: string, fields: object = {}): void {
    this.#pino[level]({ event, ...fields }, message);
  }

  /** What happened on the platform. */
  event(event: PlatformEvent): void {
    const { type, ...fields } = event;
    if (event.type === 'warning') this.write('warn', type, event.message);
    else if (event.type === 'run') this.#run(event);
    else this.write(LEVELS[event.type], type, SENTENCES[event.type], fields);
  }

  #run({ type, progress, ...where }: Extract<PlatformEvent, { type: 'run' }>): void {
    const { phase, elapsedMs, reportId, failure } = progress;
    const isOver = phase === 'done' || phase === 'failed';
    this.write(isOver ? 'info' : 'debug', type, failure?.message ?? `A run is ${phase}.`, {
      ...{ project: where.project, endpointId: where.endpointId, phase, elapsedMs, reportId },
      failure: failure?.kind,
    });
  }

  /** A request that is over: what changed something, and what failed, is seen without asking for more. */
  request({ isStream: _, method, route, status, durationMs, ...rest }: RequestRecord): void {
    const isRead = method === 'GET' || method === 'HEAD';
    const level = status >= 500 ? 'warn' : isRead ? 'debug' : 'info';
    this.write(level, 'request', `${method} ${route} ${status}`, {
      ...{ method, route, status, durationMs: Math.round(durationMs * 10) / 10 },
      ...rest,
    });
  }
}

type Quiet = Exclude<PlatformEvent['type'], 'warning' | 'run'>;

/** What each of thousands of endpoints does all day is for those who look for something. */
const LEVELS: Record<Quiet, LogLevel> = {
  'session-opened': 'debug',
  'session-closed': 'debug',
  reached: 'debug',
  'identity-shared': 'warn',
  'session-refused': 'info',
  named: 'debug',
  grouped: 'debug',
  described: 'debug',
  granted: 'debug',
  'request-refused': 'info',
  metrics: 'debug',
  report: 'debug',
  forgotten: 'info',
  'api-secrets-changed': 'info',
};

const SENTENCES: Record<Quiet, string> = {
  'session-opened': 'A session began.',
  'session-closed': 'The last session of an endpoint ended.',
  reached: 'An endpoint took a call, although its session has not begun again.',
  'identity-shared': 'Two live processes have the key of one endpoint: give each its own.',
  'session-refused': 'A session was refused.',
  named: 'An endpoint has a name.',
  grouped: 'An endpoint has a group.',
  described: 'An endpoint has attributes.',
  granted: 'An endpoint lets itself be dialled back.',
  'request-refused': 'A request of an endpoint was refused.',
  metrics: 'Metrics came.',
  report: 'A report was stored.',
  forgotten: 'An endpoint was not seen for long, and is forgotten.',
  'api-secrets-changed': 'An API secret was made or revoked.',
};

/** A line for people: time, level, text, and the fields behind it. */
function asText(line: string): string {
  const { time, level, message, event, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const isSaid = (name: string) => event === 'request' && ['method', 'route', 'status'].includes(name);
  const rest = Object.entries(fields)
    .filter(([name, value]) => value !== null && !isSaid(name))
    .map(
      ([name, value]) =>
        ` ${name}=${typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)}`,
    );
  return `${time} ${level} ${oneLine(String(message))}${rest.join('')}\n`;
}

function oneLine(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .join(' ');
}
