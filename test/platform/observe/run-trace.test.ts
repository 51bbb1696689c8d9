import { context, propagation, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  EventBus,
  limitsOption,
  newReportId,
  type ReportRecord,
  systemClock,
} from '../../../lib/services/index.js';
import { openFeed } from '../../../platform/changes/index.js';
import { IdentityTable } from '../../../platform/identities/identity-table.js';
import { Observatory } from '../../../platform/observe/index.js';
import { RunQueue, RunWorker } from '../../../platform/runs/index.js';
import { fence } from '../../../platform/store/fence.js';
import { openStore } from '../../../platform/store/open-store.js';
import { bearer, originOf } from '../../support/dashboard-door.js';
import { until } from '../../support/fake-time.js';
import { madeUpId } from '../../support/ids.js';
import { freshDatabase, postgresAvailable } from '../../support/postgres.js';
import { grantToken, openSession, refOf, Stage, sampleReport, tell } from '../stage.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const ASKER = 'b7ad6b7169203331';
const PLATFORM = madeUpId('f'.repeat(64));
const REF = refOf(madeUpId('a'.repeat(64)));
const SOMEBODY = { kind: 'user', id: 'u1', name: 'Ada' };

const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
provider.register();
const stage = new Stage();
const opened: (() => unknown)[] = [];

beforeEach(() => exporter.reset());
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
  await stage.close();
});
afterAll(async () => {
  await provider.shutdown();
  for (const api of [trace, context, propagation]) api.disable();
});

/** The span of a name, once it has ended. */
async function spanNamed(name: string): Promise<ReadableSpan> {
  const find = () => exporter.getFinishedSpans().find((span) => span.name === name);
  await until(() => find() !== undefined, 10_000);
  const span = find();
  if (span === undefined) throw new Error(`no span ${name}`);
  return span;
}

/** A process of the platform, as far as its runs go. */
async function openProcess(place: string) {
  const store = await openStore(place);
  opened.push(() => store.close());
  const feed = await openFeed(place);
  opened.push(() => feed.close());
  const events = new EventBus();
  const observer = new Observatory({ traceStatements: false, onRequest: null }, events);
  const queue = new RunQueue({ store, feed, events, clock: systemClock, observer });
  opened.push(() => queue.close());
  return { store, feed, queue, observer };
}

/** Carries out the runs of the identity there. */
async function work({ store, feed, observer }: Awaited<ReturnType<typeof openProcess>>): Promise<void> {
  const table = new IdentityTable(store.database);
  const row = (await table.list()).find(({ id }) => id === PLATFORM);
  const lease = row === undefined ? null : await table.take(row, 'holder');
  if (lease === null) throw new Error('not taken');
  const held = store.fenced((transaction) => fence(store.dialect, transaction, lease));
  const dialBack = async (): Promise<ReportRecord> => {
    const now = Date.now();
    const record: ReportRecord = {
      ...{ project: REF.project, id: newReportId(now), endpointId: REF.id, source: 'dial-back' },
      ...{ receivedAt: now, durationMs: 1, sighting: null, report: sampleReport(REF.id) },
    };
    await held.addReport(record, 100);
    return record;
  };
  const host = { dialBack, events: new EventBus(), limits: limitsOption().default };
  const onWarning = (message: string) => {
    throw new Error(message);
  };
  const worker = new RunWorker({
    ...{ store: held, feed, host, identity: PLATFORM, token: lease.token, observer, onWarning },
  });
  await worker.start();
  opened.push(() => worker.stop());
}

async function addEndpoint({ store }: Awaited<ReturnType<typeof openProcess>>): Promise<void> {
  await new IdentityTable(store.database).add(PLATFORM, null);
  const now = Date.now();
  await store.authorise(REF, { issuer: madeUpId('c'.repeat(64)), expiresAt: null }, PLATFORM, now);
  await store.sessionOpened(REF, PLATFORM, null, now);
  await store.putGrant({
    ...{ project: REF.project, endpointId: REF.id, identity: PLATFORM, caps: ['net-diagnostics:get-any'] },
    ...{ token: new Uint8Array([1]), expiresAt: null, grantedAt: now },
  });
}

describe('the trace of a run', () => {
  it('is that of who presses the button by the API', async () => {
    const platform = await stage.platform({ dashboard: { port: 0 } });
    const endpoint = await stage.clientHost({
      onRun: async () => ({ ok: true, value: sampleReport(endpoint.id) }),
    });
    const connection = await openSession(endpoint, platform, await platform.createApiSecret());
    await tell(connection, { type: 'grant-cap', token: grantToken(endpoint, platform) });
    const path = `/api/v1/projects/default/endpoints/${endpoint.id}/runs`;
    const asked = await fetch(`${originOf(platform)}${path}`, {
      method: 'POST',
      headers: {
        ...bearer(),
        'content-type': 'application/json',
        traceparent: `00-${TRACE}-${ASKER}-01`,
      },
      body: '{}',
    });
    expect(asked.status).toBe(202);
    const request = await spanNamed('POST /api/v1/projects/:project/endpoints/:endpoint/runs');
    expect(request.parentSpanContext).toMatchObject({ traceId: TRACE, spanId: ASKER });
    const run = await spanNamed('run');
    expect(run.spanContext().traceId).toBe(TRACE);
    expect(run.parentSpanContext).toMatchObject({ spanId: request.spanContext().spanId, isRemote: true });
  });

  it.runIf(postgresAvailable())('goes on at the process that carries it out', async () => {
    const place = await freshDatabase();
    const [asked, working] = [await openProcess(place), await openProcess(place)];
    await addEndpoint(asked);
    const tracer = trace.getTracer('a program');
    const asker = tracer.startSpan('asker');
    const run = await context.with(trace.setSpan(context.active(), asker), () =>
      asked.queue.request(REF, SOMEBODY),
    );
    // What happens to be active where runs are looked for is not where they belong.
    await context.with(trace.setSpan(context.active(), tracer.startSpan('something else')), () =>
      work(working),
    );
    await until(async () => (await asked.queue.run(run.id))?.state === 'done', 10_000);
    const span = await spanNamed('run');
    expect(span.attributes).toMatchObject({ 'iroh.platform.run.id': run.id });
    const { traceId, spanId } = asker.spanContext();
    expect(span.parentSpanContext).toMatchObject({ traceId, spanId, isRemote: true });
  });

  it('begins with the run where nobody who asks has one', async () => {
    const here = await openProcess(':memory:');
    await addEndpoint(here);
    await here.queue.request(REF, SOMEBODY);
    const other = trace.getTracer('a program').startSpan('something else');
    await context.with(trace.setSpan(context.active(), other), () => work(here));
    const span = await spanNamed('run');
    expect(span.parentSpanContext).toBeUndefined();
    expect(span.spanContext().traceId).not.toBe(other.spanContext().traceId);
  });

  it('is not kept where who asks keeps none', async () => {
    const here = await openProcess(':memory:');
    await addEndpoint(here);
    await work(here);
    const traceState = { traceId: TRACE, spanId: ASKER, traceFlags: 0 };
    const run = await context.with(trace.setSpanContext(context.active(), traceState), () =>
      here.queue.request(REF, SOMEBODY),
    );
    await until(async () => (await here.queue.run(run.id))?.state === 'done', 10_000);
    expect(exporter.getFinishedSpans().filter(({ name }) => name === 'run')).toEqual([]);
  });
});
