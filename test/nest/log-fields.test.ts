import { ConsoleLogger, type LoggerService } from '@nestjs/common';
import { LoggerModule, NativeLogger, PinoLogger, Logger as PinoNestLogger } from 'nestjs-pino';
import { afterEach, describe, expect, it } from 'vitest';
import { NetDiagnosticsModule } from '../../integrations/nest/index.js';
import { nestLogger } from '../../integrations/nest/nest-logger.js';
import { LOCAL } from '../net-diagnostics/stage.js';
import { closeApps, createApp } from './nest-app.js';

type Line = Record<string, unknown>;

/** What nestjs-pino wrote: it makes one logger for all apps of a process. */
const lines: Line[] = [];
const withPino = LoggerModule.forRoot({
  pinoHttp: { stream: { write: (line: string) => void lines.push(JSON.parse(line)) } },
});

afterEach(async () => {
  await closeApps();
  lines.length = 0;
});

/** What an app without a secret says when it boots. */
const MESSAGE = expect.stringMatching(/no API secret.*[^}]$/);
const FIELDS = { event: 'disabled', reason: 'no-secret' };
const OPTIONS = { ...LOCAL, apiSecret: null };

/** Nest's JSON logger, but for the stream. */
class JsonLines extends ConsoleLogger {
  readonly lines: Line[] = [];
  protected override printAsJson(...args: Parameters<ConsoleLogger['printAsJson']>): void {
    this.lines.push(JSON.parse(this.stringifyJsonLogObject(this.getJsonLogObject(...args))));
  }
}

/** Boots an app whose logger is of nestjs-pino. @returns its lines in the context of our module */
async function bootWithPino(logger: typeof PinoNestLogger | typeof NativeLogger): Promise<Line[]> {
  const app = await createApp('express', {
    imports: [withPino, NetDiagnosticsModule.forRoot(OPTIONS)],
  });
  app.useLogger(app.get<LoggerService>(logger));
  await app.init();
  return lines.filter(({ context }) => context === 'NetDiagnostics');
}

describe('the fields of our log lines', () => {
  it("bug: are lost in Nest's JSON logger, where they are a part of the text", async () => {
    const logger = new JsonLines({ json: true });
    const app = await createApp('express', { imports: [NetDiagnosticsModule.forRoot(OPTIONS)] });
    app.useLogger(logger);
    await app.init();
    const ours = logger.lines.filter(({ context }) => context === 'NetDiagnostics');
    // Nest 12 has a place for them.
    const line =
      'stringifyParams' in ConsoleLogger.prototype
        ? { message: MESSAGE, params: FIELDS }
        : { message: { message: MESSAGE, ...FIELDS } };
    expect(ours).toEqual([expect.objectContaining({ level: 'log', ...line })]);
  });

  it('bug: are lost in nestjs-pino, where they are a part of the text', async () => {
    const ours = await bootWithPino(PinoNestLogger);
    expect(ours).toEqual([expect.objectContaining({ level: 30, msg: MESSAGE, ...FIELDS })]);
  });

  it("are kept by nestjs-pino's logger that does as Nest's", async () => {
    const ours = await bootWithPino(NativeLogger);
    const [{ params, msg } = {}] = ours;
    expect(ours).toHaveLength(1);
    if (params === undefined) expect(msg).toContain(JSON.stringify(FIELDS));
    else expect([msg, params]).toEqual([MESSAGE, FIELDS]);
  });

  it("bug: are lost in the option `logger` when that is nestjs-pino's", async () => {
    const app = await createApp('fastify', {
      imports: [
        withPino,
        NetDiagnosticsModule.forRootAsync({
          inject: [PinoLogger],
          useFactory: (logger: PinoLogger) => ({ ...OPTIONS, logger }),
        }),
      ],
    });
    await app.init();
    expect(lines.filter(({ event }) => event === 'disabled')).toEqual([
      expect.objectContaining({ level: 30, msg: MESSAGE, ...FIELDS }),
    ]);
  });

  it("are no trouble where Nest's logger is off", async () => {
    await createApp('express', { imports: [NetDiagnosticsModule.forRoot(OPTIONS)] }, false);
    expect(() => nestLogger('NetDiagnostics').info('a message', FIELDS)).not.toThrow();
  });

  it('stand in the text of any other logger of Nest', async () => {
    const texts: unknown[] = [];
    const keep = (message: unknown) => void texts.push(message);
    const app = await createApp('express', { imports: [NetDiagnosticsModule.forRoot(OPTIONS)] });
    app.useLogger({ log: keep, warn: keep, error: keep });
    await app.init();
    expect(texts).toContainEqual(expect.stringMatching(/no API secret.* \{.*"event":"disabled".*\}$/));
  });
});
