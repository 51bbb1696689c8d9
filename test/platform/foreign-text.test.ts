import { describe, expect, it } from 'vitest';
import { ApiSecrets } from '../../lib/services/api-secrets.js';
import { EventBus } from '../../lib/services/events.js';
import { takeMetrics } from '../../lib/services/sessions/metrics-intake.js';
import type { MetricValue } from '../../lib/wire/index.js';
import { metricNames } from '../../platform/store/metric-series.js';
import { A, authorise, DATABASES, DAY, PLATFORM, PROJECT } from './metrics/stage.js';
import { sampleReport } from './stage.js';

/** NUL, which PostgreSQL refuses in text; half a surrogate pair; a mark that turns the direction of reading. */
const ODD = 'x\0\ud800\u202ey';
const CLEAN = 'x\ufffdy';
const ref = { project: PROJECT, id: A };
const sessionId = new Uint8Array(16);

describe.each(DATABASES)('text from strangers on %s', (_, open) => {
  const withEndpoint = async () => {
    const store = await open();
    await authorise(store);
    return store;
  };

  it('is clean in the names of metrics, and of bounded length', async () => {
    const store = await withEndpoint();
    const long = 'l'.repeat(10_000);
    const item = {
      type: 'counter' as const,
      name: ODD,
      prefixes: [ODD, ...Array.from({ length: 1_000 }, () => 'p')],
      labels: Array.from({ length: 1_000 }, (): [string, string] => [ODD, long]),
    };
    const update = {
      schema: { items: [item], help: [long] },
      values: [{ type: 'counter' as const, value: 1n }],
    };
    expect(await takeMetrics(store, { ref, sessionId, update, receivedAt: DAY })).toBeNull();
    const [name] = await metricNames(store.tables, ref);
    expect(name?.name).toMatch(/^x\ufffdy_p_p[p_]*_x\ufffdy$/);
    const [session] = await store.metricsSessions(ref);
    expect(session?.schema.items[0]?.name).toBe(CLEAN);
    expect(session?.schema.items[0]?.labels[0]?.[0]).toBe(CLEAN);
    expect(JSON.stringify(session?.schema).length).toBeLessThan(20_000);
  });

  it('is refused where a histogram has more buckets than anybody reads', async () => {
    const store = await withEndpoint();
    const buckets = Array.from({ length: 30_000 }, (_bucket, index): [number, bigint] => [index, 1n]);
    const value: MetricValue = { type: 'histogram', buckets, sum: 0, count: 1n };
    const item = { type: 'histogram' as const, name: 'h', prefixes: [], labels: [] };
    const update = { schema: { items: [item], help: null }, values: [value] };
    expect(await takeMetrics(store, { ref, sessionId, update, receivedAt: DAY })).toMatch(/buckets/);
    expect(await store.metricsSessions(ref)).toEqual([]);
  });

  it('is clean in the columns of a report, and as it came in the report', async () => {
    const store = await withEndpoint();
    const report = { ...sampleReport(A), irohVersion: `1.0${ODD}`, irohServicesVersion: 'v'.repeat(5_000) };
    const head = { project: PROJECT, id: '1'.repeat(20), endpointId: A, source: 'upload' as const };
    await store.addReport({ ...head, receivedAt: DAY, durationMs: null, sighting: null, report }, 9);
    const facts = (await store.endpoint(ref))?.latestReport?.facts;
    expect(facts?.irohVersion).toBe(`1.0${CLEAN}`);
    expect(facts?.irohServicesVersion.length).toBeLessThan(100);
    expect((await store.report(PROJECT, head.id))?.report.irohVersion).toBe(report.irohVersion);
  });

  it('is clean in the label of a secret', async () => {
    const store = await withEndpoint();
    const secrets = new ApiSecrets({
      ...{ store, events: new EventBus(), clock: { now: () => DAY }, closeSessions: async () => {} },
      address: () => ({ id: PLATFORM, relayUrls: [], directAddrs: [] }),
    });
    await secrets.create(ODD);
    expect((await secrets.list())[0]?.label).toBe(CLEAN);
  });

  it('finds nothing when it is searched for, and breaks nothing', async () => {
    const store = await withEndpoint();
    for (const text of ['\0', ODD, '\ud800']) {
      for (const query of [
        { search: text },
        { name: text },
        { group: text },
        { version: text },
        { attributes: { [text]: text } },
      ])
        expect((await store.endpoints({ project: PROJECT, ...query }, 0)).endpoints).toEqual([]);
    }
  });
});
