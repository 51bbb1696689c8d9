import { type ContextManager, context, type Meter, metrics, type Tracer, trace } from '@opentelemetry/api';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect, it } from 'vitest';
import type { LocalReport } from '../../lib/report/index.js';
import { createTelemetry } from '../../lib/telemetry/index.js';
import { OpenTelemetry } from '../../lib/telemetry/open-telemetry.js';
import { dialBack, Stage, seenBy } from '../net-diagnostics/stage.js';
import { runChild } from '../support/child.js';
import { FakeTime } from '../support/fake-time.js';
import { Sdk } from './sdk.js';

const stage = new Stage();
afterEach(async () => {
  await stage.clear();
  Sdk.forget();
});

const boom = (): never => {
  throw new Error('the SDK is broken');
};

/** Throws wherever it is called, as a processor of the app's own might. */
const BROKEN: SpanProcessor = { onStart: boom, onEnd: boom, forceFlush: boom, shutdown: boom };

/** An object whose every member throws when it is called, but those that are given. */
const broken = <T extends object>(working: Partial<T> = {}): T =>
  new Proxy(working as T, { get: (target, key) => Reflect.get(target, key) ?? boom });

/** `disable` is what the tests call. */
const UNUSABLE: ContextManager = broken<ContextManager>({ disable: () => UNUSABLE });

/** What an app does with us, from its start to its stop. */
async function wholeLife(): Promise<void> {
  const platform = await stage.platform();
  const app = stage.start({ apiSecret: platform.apiSecret });
  expect(await app.ready({ timeoutMs: 10_000 })).toMatchObject({ state: 'online' });
  const seen: string[] = [];
  const report = await app.run({ onProbe: ({ phase, ref }) => void seen.push(`${phase} ${ref}`) });
  expect(report.endedBy).toBe('finished');
  expect(seen).toHaveLength(2 * report.probes.length);
  expect((await dialBack(platform, await seenBy(platform, app))).ok).toBe(true);
  await app.stop();
  expect(app.status().state).toBe('stopped');
}

describe('nothing goes wrong', () => {
  it('without an SDK', wholeLife);

  it('when a span processor throws', async () => {
    new Sdk([BROKEN]);
    await wholeLife();
  });

  it('when an exporter throws', async () => {
    const { BasicTracerProvider, SimpleSpanProcessor } = await import('@opentelemetry/sdk-trace-base');
    const { MeterProvider, PeriodicExportingMetricReader } = await import('@opentelemetry/sdk-metrics');
    const spans = { export: boom, shutdown: async () => {} };
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }),
    );
    const exporter = { export: boom, forceFlush: async () => {}, shutdown: async () => {} };
    const reader = new PeriodicExportingMetricReader({
      exporter,
      exportIntervalMillis: 20,
      exportTimeoutMillis: 10,
    });
    const provider = new MeterProvider({ readers: [reader] });
    metrics.setGlobalMeterProvider(provider);
    await wholeLife();
    await provider.shutdown().catch(() => {});
  });

  it.each<[string, () => void]>([
    ['tracer provider', () => trace.setGlobalTracerProvider({ getTracer: boom })],
    ['tracer', () => trace.setGlobalTracerProvider({ getTracer: () => broken() })],
    [
      'span',
      () => trace.setGlobalTracerProvider({ getTracer: () => broken<Tracer>({ startSpan: () => broken() }) }),
    ],
    ['meter provider', () => metrics.setGlobalMeterProvider({ getMeter: boom })],
    ['meter', () => metrics.setGlobalMeterProvider({ getMeter: () => broken<Meter>() })],
    ['context manager', () => context.setGlobalContextManager(UNUSABLE)],
  ])('when the whole %s throws', async (_, breakIt) => {
    breakIt();
    await wholeLife();
  });

  it('to errors and results of the work: they pass as they are, and it is done once', async () => {
    const status = stage.start({ enabled: false }).status();
    for (const prepare of [() => new Sdk(), () => new Sdk([BROKEN]), () => Sdk.forget()]) {
      Sdk.forget();
      prepare();
      const telemetry = createTelemetry({ status: () => status, clock: new FakeTime() });
      const error = new Error('the work failed');
      let times = 0;
      const fail = async (): Promise<LocalReport> => {
        times += 1;
        throw error;
      };
      await expect(telemetry.run('run', undefined, fail)).rejects.toBe(error);
      expect(times).toBe(1);
      telemetry.stop();
    }
  });
});

describe('without the package', () => {
  it('the work is done, and nothing else', async () => {
    const telemetry = new OpenTelemetry({ status: boom, clock: new FakeTime() }, async () => null);
    telemetry.watch();
    const report = {} as LocalReport;
    expect(await telemetry.run('run', undefined, async () => report)).toBe(report);
    telemetry.stop();
  });

  const APP = `
    import { NetDiagnostics } from './lib/index.js';
    const missing = await import('@opentelemetry/api').then(() => 'found', ({ code }) => code);
    const app = NetDiagnostics.start({ logger: false, deadline: 500, probes: ['route', 'endpoint'], network: 'minimal', bindAddrs: ['loopback'] });
    const report = await app.run();
    console.log(JSON.stringify({ missing, endedBy: report.endedBy, state: app.status().state }));
    await app.stop();
  `;

  it('a process that cannot resolve it measures, stops and ends by itself', async () => {
    const secret = (await stage.absentPlatform()).apiSecret.reveal();
    const child = await runChild(APP, {
      packages: ['@number0/iroh'],
      env: { IROH_SERVICES_API_SECRET: secret },
    });
    expect(child.stderr).toBe('');
    expect(child.code).toBe(0);
    expect(JSON.parse(child.stdout)).toMatchObject({
      missing: 'ERR_MODULE_NOT_FOUND',
      endedBy: 'finished',
      state: expect.stringMatching(/starting|connecting/),
    });
  });

  it('nor does a process that has it, without an SDK, live longer for it', async () => {
    const secret = (await stage.absentPlatform()).apiSecret.reveal();
    const child = await runChild(APP, { env: { IROH_SERVICES_API_SECRET: secret } });
    expect(child.code).toBe(0);
    expect(JSON.parse(child.stdout)).toMatchObject({ missing: 'found', endedBy: 'finished' });
  });
});
