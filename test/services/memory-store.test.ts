import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../lib/services/memory-store.js';
import type { Store } from '../../lib/services/store.js';
import { sampleReport, sqlStore } from '../platform/stage.js';
import { madeUpId } from '../support/ids.js';

const ENDPOINTS = ['a', 'b', 'c'].map((digit) => madeUpId(digit.repeat(64)));
const KEYS = ['d', 'e'].map((digit) => madeUpId(digit.repeat(64)));
const SESSIONS = ['x', 'y', 'z'];
const CAPS = [['client'], ['all', 'relay:use']];

/** What can be done to a store. `index`: how many were done before. */
type Change = (store: Store, index: number) => Promise<unknown>;

const endpoint = fc.constantFrom(...ENDPOINTS);
const key = fc.constantFrom(...KEYS);
/** Few, so that records meet. */
const time = fc.nat(3);
const keep = fc.integer({ min: 1, max: 2 });

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(endpoint, key, time).map(
    ([id, issuer, at]): Change =>
      (store) =>
        store.authorise(id, { issuer, expiresAt: at }, at),
  ),
  fc.tuple(endpoint, fc.string()).map(
    ([id, name]): Change =>
      (store) =>
        store.nameEndpoint(id, name),
  ),
  fc.tuple(endpoint, fc.string()).map(
    ([id, group]): Change =>
      (store) =>
        store.groupEndpoint(id, group),
  ),
  fc.tuple(endpoint, fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 })).map(
    ([id, attributes]): Change =>
      (store) =>
        store.describeEndpoint(id, attributes),
  ),
  fc.tuple(endpoint, fc.boolean(), time).map(
    ([id, isKnown, at]): Change =>
      (store) =>
        store.sawEndpoint(id, isKnown ? { id, relayUrls: [], directAddrs: [] } : null, at),
  ),
  endpoint.map(
    (id): Change =>
      (store) =>
        store.forgetEndpoint(id),
  ),
  fc.tuple(endpoint, fc.constantFrom(...CAPS)).map(
    ([endpointId, caps]): Change =>
      (store, index) =>
        // No two at a time: their order is nobody's promise.
        store.putGrant({ endpointId, caps, token: Uint8Array.of(index), expiresAt: null, grantedAt: index }),
  ),
  fc.tuple(endpoint, keep, fc.boolean()).map(
    ([endpointId, count, isFetched]): Change =>
      (store, index) => {
        const circumstances = {
          source: isFetched ? 'dial-back' : 'upload',
          receivedAt: index,
          durationMs: null,
        } as const;
        const report = sampleReport(endpointId);
        // Ids that do not come in their order.
        return store.addReport({ id: `${(index * 7) % 64}`, endpointId, ...circumstances, report }, count);
      },
  ),
  fc.tuple(endpoint, fc.constantFrom(...SESSIONS), time, keep).map(
    ([endpointId, sessionId, updatedAt, count]): Change =>
      (store) =>
        store.putMetrics(
          { endpointId, sessionId, schema: { items: [], help: null }, values: [], updatedAt },
          count,
        ),
  ),
  fc.tuple(endpoint, fc.constantFrom(...SESSIONS), time).map(
    ([endpointId, sessionId, updatedAt]): Change =>
      (store) =>
        store.putMetricValues({ endpointId, sessionId, values: [{ type: 'gauge', value: -1n }], updatedAt }),
  ),
  fc.tuple(key, time).map(
    ([keyId, at]): Change =>
      (store) =>
        store.revokeApiSecret(keyId, at),
  ),
);

/** All that a store can be asked. */
async function everything(store: Store): Promise<unknown> {
  const ofEach = ENDPOINTS.map(async (id) => [
    await store.endpoint(id),
    await store.grants(id),
    await store.reports(id, 2),
    await store.metricsSessions(id),
    await store.reportSummaries(id, 2),
    await store.metricTypes(id, 'x'),
  ]);
  const byId = (a: { id: string }, b: { id: string }) => a.id.localeCompare(b.id);
  return [
    await Promise.all(ofEach),
    await store.endpoints(),
    await store.grants(),
    await store.apiSecrets(),
    await Promise.all(KEYS.map((keyId) => store.endpointsOf(keyId))),
    (await store.latestReports()).sort(byId),
    await store.report('7'),
  ];
}

describe('the store in memory', () => {
  it('is not told from SQLite by anything that a platform does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 40 }), async (changes) => {
        const stores = [new MemoryStore(), await sqlStore()];
        for (const store of stores) {
          for (const [index, keyId] of KEYS.entries())
            await store.addApiSecret({ keyId, label: 'test', createdAt: index % 2, revokedAt: null });
        }
        for (const [index, apply] of changes.entries()) {
          const outcomes = stores.map((store) =>
            apply(store, index).catch((error: { code?: string }) => error.code),
          );
          const [mine, theirs] = await Promise.all(outcomes);
          expect(mine).toEqual(theirs);
        }
        const [mine, theirs] = await Promise.all(stores.map(everything));
        expect(mine).toEqual(theirs);
        await Promise.all(stores.map((store) => store.close()));
      }),
      { numRuns: 150 },
    );
  });
});
