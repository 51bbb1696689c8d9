import { isDeepStrictEqual } from 'node:util';
import { type HrTime, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Histogram } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../lib/host/index.js';
import { createTelemetry } from '../../lib/telemetry/index.js';
import { ATTRIBUTES, DIAL_BACK_SPANS, METRICS, SPANS } from '../../lib/telemetry/names.js';
import { dialBack, IMPATIENT, Stage, seenBy } from '../net-diagnostics/stage.js';
import { FakeTime, until } from '../support/fake-time.js';
import { madeUpId } from '../support/ids.js';
import { Sdk } from './sdk.js';

const stage = new Stage();
afterEach(async () => {
  await stage.clear();
  Sdk.forget();
});

/** Nobody listens there. */
const DEAD_RELAY = 'http://127.0.0.1:1/';

const nanos = ([seconds, rest]: HrTime) => seconds * 1e9 + rest;

function expectInside(child: ReadableSpan, parent: ReadableSpan): void {
  expect(child.parentSpanContext?.spanId).toBe(parent.spanContext().spanId);
  expect(child.spanContext().traceId).toBe(parent.spanContext().traceId);
  // The SDK's own clock goes by milliseconds at a span's start.
  expect(nanos(child.startTime)).toBeGreaterThanOrEqual(nanos(parent.startTime) - 2e6);
  expect(nanos(child.endTime)).toBeLessThanOrEqual(nanos(parent.endTime) + 2e6);
}

async function answered(sdk: Sdk) {
  const platform = await stage.platform();
  const app = stage.start({ apiSecret: platform.apiSecret, relays: [DEAD_RELAY] });
  await app.ready({ timeoutMs: 10_000 });
  await dialBack(platform, await seenBy(platform, app));
  await until(() => sdk.spansNamed(SPANS.dialBack).length === 1);
  return { platform, app };
}

describe('spans', () => {
  it('show a dial-back, its run and each probe, one in the other', async () => {
    const sdk = new Sdk();
    const { platform, app } = await answered(sdk);
    const [outer] = sdk.spansNamed(SPANS.dialBack);
    const [run] = sdk.spansNamed(SPANS.run);
    if (outer === undefined || run === undefined) throw new Error('a span is missing');
    const { endpointId } = app.status();
    expect(outer).toMatchObject({ name: 'net-diagnostics dial-back', kind: SpanKind.SERVER });
    expect(outer.parentSpanContext).toBeUndefined();
    expect(outer.status.code).toBe(SpanStatusCode.UNSET);
    expect(outer.attributes).toEqual({
      [ATTRIBUTES.endpointId]: endpointId,
      [ATTRIBUTES.remoteId]: platform.endpoint.id,
      [ATTRIBUTES.dialBackOutcome]: 'answered',
    });

    const report = app.lastReport();
    expectInside(run, outer);
    expect(run.attributes).toEqual({
      [ATTRIBUTES.endpointId]: endpointId,
      [ATTRIBUTES.runTrigger]: 'dial-back',
      [ATTRIBUTES.runEndedBy]: report?.endedBy,
      [ATTRIBUTES.runColour]: report?.summary.colour,
    });

    const probes = sdk.spansNamed(SPANS.probe);
    expect(probes.map(({ name }) => name).sort()).toEqual(
      report?.probes.map(({ probe }) => `net-diagnostics probe ${probe}`).sort(),
    );
    for (const probe of probes) expectInside(probe, run);
    for (const { probe: name, outcome, durationMs } of report?.probes ?? []) {
      const span = probes.find(
        ({ attributes }) =>
          attributes[ATTRIBUTES.probeName] === name && attributes[ATTRIBUTES.probeOutcome] === outcome,
      );
      expect(span, name).toBeDefined();
      if (report?.probes.filter(({ probe }) => probe === name).length === 1) {
        const ms = span === undefined ? 0 : nanos(span.duration) / 1e6;
        expect(Math.abs(ms - durationMs), name).toBeLessThan(250);
      }
    }
  });

  it('mark a probe that failed by its code, and say no more of it', async () => {
    const sdk = new Sdk();
    await answered(sdk);
    const [https] = sdk.spansNamed(`${SPANS.probe} https`);
    expect(https?.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(https?.attributes[ATTRIBUTES.errorType]).toBe('ECONNREFUSED');
    expect(https?.events).toEqual([]);
    const [endpoint] = sdk.spansNamed(`${SPANS.probe} endpoint`);
    expect(endpoint?.status.code).toBe(SpanStatusCode.UNSET);
  });

  it('name no address, no relay and nothing of the API secret, nor do metrics', async () => {
    const sdk = new Sdk();
    const { platform, app } = await answered(sdk);
    const shown = JSON.stringify([
      sdk.spans.map(({ name, attributes, events, links, status }) => ({
        name,
        attributes,
        events,
        links,
        status,
      })),
      await sdk.metrics(),
    ]);
    // What could have been shown was there to be shown.
    expect(JSON.stringify(app.lastReport())).toContain('127.0.0.1');
    for (const secret of ['127.0.0.1', '::1', 'http', platform.apiSecret.keyId, 'services']) {
      expect(shown.replaceAll(/ https"|"https"|"https\b/g, ''), secret).not.toContain(secret);
    }
  });

  it('say why a dial-back was refused, which is no error of ours', async () => {
    const sdk = new Sdk();
    const { platform, app } = await answered(sdk);
    const old = platform.grants.at(-1);
    await app.revoke();
    await dialBack(platform, await seenBy(platform, app), old).catch(() => {});
    await until(() => sdk.spansNamed(SPANS.dialBack).length === 2);
    const refused = sdk.spansNamed(SPANS.dialBack)[1];
    expect(refused?.attributes).toMatchObject({
      [ATTRIBUTES.dialBackOutcome]: 'unauthorised',
      [ATTRIBUTES.dialBackRefusal]: 'revoked',
    });
    expect(refused?.status.code).toBe(SpanStatusCode.UNSET);
    expect(sdk.spansNamed(SPANS.run)).toHaveLength(1);
  });

  it('mark a dial-back that the app could not answer, by a code alone', async () => {
    const sdk = new Sdk();
    const platform = await stage.platform();
    const app = stage.start({
      apiSecret: platform.apiSecret,
      onRequest: () => {
        throw Object.assign(new Error('no policy at 10.1.2.3'), { code: 'EPOLICY' });
      },
    });
    await app.ready({ timeoutMs: 10_000 });
    await dialBack(platform, await seenBy(platform, app));
    await until(() => sdk.spansNamed(SPANS.dialBack).length === 1);
    const [failed] = sdk.spansNamed(SPANS.dialBack);
    expect(failed?.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(failed?.attributes).toMatchObject({
      [ATTRIBUTES.dialBackOutcome]: 'failed',
      [ATTRIBUTES.errorType]: 'EPOLICY',
    });
  });

  it('of a run that the app asks for stand in what it is doing', async () => {
    const sdk = new Sdk();
    const app = stage.start({});
    await trace.getTracer('app').startActiveSpan('GET /internal/net-report', async (request) => {
      await app.run();
      request.end();
      const [run] = sdk.spansNamed(SPANS.run);
      expect(run?.parentSpanContext?.spanId).toBe(request.spanContext().spanId);
      expect(run?.attributes).toMatchObject({ [ATTRIBUTES.runTrigger]: 'run' });
      expect(run?.attributes).not.toHaveProperty(ATTRIBUTES.endpointId);
    });
  });

  it('of dial-backs and of the upload on start do not stand in what was active when the app started', async () => {
    const sdk = new Sdk();
    const platform = await stage.platform();
    await trace.getTracer('app').startActiveSpan('bootstrap', async (bootstrap) => {
      const app = stage.start(
        { apiSecret: platform.apiSecret, reportOnStart: true },
        { ...IMPATIENT, random: () => 0.001 },
      );
      await app.ready({ timeoutMs: 10_000 });
      bootstrap.end();
      await until(() => platform.reports.length === 1);
      await dialBack(platform, await seenBy(platform, app));
    });
    await until(() => sdk.spansNamed(SPANS.dialBack).length === 1);
    expect(sdk.spansNamed(SPANS.dialBack)[0]?.parentSpanContext).toBeUndefined();
    const upload = sdk
      .spansNamed(SPANS.run)
      .find(({ attributes }) => attributes[ATTRIBUTES.runTrigger] === 'start');
    expect(upload).toBeDefined();
    expect(upload?.parentSpanContext).toBeUndefined();
  });

  it('are few however many dial-backs there are, and the counter counts all', async () => {
    const sdk = new Sdk();
    const time = new FakeTime();
    const status = stage.start({ enabled: false }).status();
    const telemetry = createTelemetry({ status: () => status, clock: time });
    const refused: AuditEvent = {
      type: 'dial-back',
      remoteId: madeUpId('ab'.repeat(32)),
      outcome: 'unauthorised',
      why: 'expired',
      tokenExpiresAt: null,
      at: 0,
      durationMs: 1,
    };
    for (let i = 0; i < 500; i += 1) await telemetry.dialBack(refused.remoteId, async () => refused);
    expect(sdk.spansNamed(SPANS.dialBack)).toHaveLength(DIAL_BACK_SPANS.burst);
    expect(await sdk.points(METRICS.dialBacks)).toEqual([
      { attributes: { [ATTRIBUTES.dialBackOutcome]: 'unauthorised' }, value: 500 },
    ]);
    await time.advance(60_000);
    await telemetry.dialBack(refused.remoteId, async () => refused);
    expect(sdk.spansNamed(SPANS.dialBack)).toHaveLength(DIAL_BACK_SPANS.burst + 1);
    telemetry.stop();
  });
});

describe('metrics', () => {
  it('count dial-backs and runs, measure runs and probes in seconds, and show the state', async () => {
    const sdk = new Sdk();
    const { app } = await answered(sdk);
    const { endpointId } = app.status();
    const last = app.lastReport();
    expect(await sdk.points(METRICS.dialBacks)).toEqual([
      { attributes: { [ATTRIBUTES.dialBackOutcome]: 'answered' }, value: 1 },
    ]);
    expect(await sdk.points(METRICS.runs)).toEqual([
      {
        attributes: {
          [ATTRIBUTES.runTrigger]: 'dial-back',
          [ATTRIBUTES.runEndedBy]: last?.endedBy,
          [ATTRIBUTES.runColour]: last?.summary.colour,
        },
        value: 1,
      },
    ]);
    const [run] = await sdk.points(METRICS.runDuration);
    expect((run as { value: Histogram }).value.sum).toBeCloseTo((last?.durationMs ?? 0) / 1000, 6);
    const probes = await sdk.points(METRICS.probeDuration);
    const count = probes.reduce((sum, { value }) => sum + (value as Histogram).count, 0);
    expect(count).toBe(last?.probes.length);
    expect(probes).toContainEqual(
      expect.objectContaining({
        attributes: expect.objectContaining({
          [ATTRIBUTES.probeName]: 'route',
          [ATTRIBUTES.networkType]: 'ipv4',
        }),
      }),
    );
    const ours = { attributes: { [ATTRIBUTES.endpointId]: endpointId }, value: 1 };
    expect(await sdk.points(METRICS.online)).toEqual([ours]);
    expect(await sdk.points(METRICS.granted)).toEqual([ours]);

    await app.revoke();
    expect(await sdk.points(METRICS.granted)).toEqual([{ ...ours, value: 0 }]);
    const units = (await sdk.metrics()).map(({ descriptor: { name, unit } }) => [name, unit]);
    expect(Object.fromEntries(units)).toEqual({
      [METRICS.dialBacks]: '{dial_back}',
      [METRICS.runs]: '{run}',
      [METRICS.runDuration]: 's',
      [METRICS.probeDuration]: 's',
      [METRICS.online]: '{endpoint}',
      [METRICS.granted]: '{endpoint}',
    });
  });

  it('tell the endpoints of one process apart', async () => {
    const sdk = new Sdk();
    const platform = await stage.platform();
    const apps = [
      stage.start({ apiSecret: platform.apiSecret }),
      stage.start({ apiSecret: platform.apiSecret, grant: false }),
    ];
    const ids = await Promise.all(
      apps.map(async (app) => (await app.ready({ timeoutMs: 10_000 })).endpointId),
    );
    const granted = await sdk.points(METRICS.granted);
    expect(granted.map(({ attributes, value }) => [attributes[ATTRIBUTES.endpointId], value])).toEqual(
      expect.arrayContaining([
        [ids[0], 1],
        [ids[1], 0],
      ]),
    );
  });

  it('let go of the app’s SDK when stopped', async () => {
    const sdk = new Sdk();
    const { app } = await answered(sdk);
    const { endpointId } = app.status();
    const point = (value: number) => [{ attributes: { [ATTRIBUTES.endpointId]: endpointId }, value }];
    expect(await sdk.points(METRICS.online)).toEqual(point(1));
    await app.stop();
    // The SDK exports the last value for ever: it must be the truth.
    await until(async () => isDeepStrictEqual(await sdk.points(METRICS.online), point(0)));
    expect(await sdk.points(METRICS.granted)).toEqual(point(0));
    expect(sdk.callbacks).toBe(0);
  });

  it('show nothing of an app that has no API secret, but the runs it asks for', async () => {
    const sdk = new Sdk();
    const app = stage.start({});
    expect(await sdk.metrics()).toEqual([]);
    await app.run();
    expect((await sdk.metrics()).map(({ descriptor }) => descriptor.name).sort()).toEqual(
      [METRICS.probeDuration, METRICS.runDuration, METRICS.runs].sort(),
    );
  });

  it('and spans find an SDK that the app sets up after it has started', async () => {
    const platform = await stage.platform();
    const app = stage.start({ apiSecret: platform.apiSecret });
    await app.ready({ timeoutMs: 10_000 });
    await app.run();
    const sdk = new Sdk();
    await dialBack(platform, await seenBy(platform, app));
    await until(() => sdk.spansNamed(SPANS.dialBack).length === 1);
    expect(sdk.spansNamed(SPANS.run)).toHaveLength(1);
    expect(await sdk.points(METRICS.dialBacks)).toHaveLength(1);
    expect(await sdk.points(METRICS.online)).toHaveLength(1);
  });
});
