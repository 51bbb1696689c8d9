/** Turns the endpoint's counters into the metrics updates of the official client. Pure. */
import type { EndpointStat } from '../transport/types.js';
import type { MetricsSchema, MetricsUpdate, MetricValue } from '../wire/index.js';

/**
 * The next update of a session.
 *
 * Every metric is a counter: all 35 that the official client sends are (see `docs/decisions/metrics.md`), and the
 * binding hands out numbers without their type. The binding's group is the schema's prefix. What is no count (not
 * finite, negative) is left out rather than sent as a zero nobody measured.
 * @param stats - in a stable order
 * @param known - the schema the platform has from an earlier update, or `null`
 */
export function metricsUpdate(
  stats: readonly EndpointStat[],
  known: MetricsSchema | null,
): { update: MetricsUpdate; schema: MetricsSchema } {
  const counts = stats.filter(({ value }) => Number.isFinite(value) && value >= 0);
  const schema: MetricsSchema = {
    items: counts.map(({ group, name }) => ({ type: 'counter', name, prefixes: [group], labels: [] })),
    help: counts.map(({ help }) => help),
  };
  const values = counts.map(
    ({ value }): MetricValue => ({ type: 'counter', value: BigInt(Math.trunc(value)) }),
  );
  const isKnown = known !== null && sameMetrics(known, schema);
  return { update: { schema: isKnown ? null : schema, values }, schema };
}

/** Whether values of one schema may be read by the other. Labels are always empty, the type is always the same. */
function sameMetrics(a: MetricsSchema, b: MetricsSchema): boolean {
  return (
    a.items.length === b.items.length &&
    a.items.every(({ name, prefixes }, index) => {
      const other = b.items[index];
      return other !== undefined && name === other.name && prefixes[0] === other.prefixes[0];
    })
  );
}

/** The 16 bytes of a UUID's text. */
export function uuidBytes(uuid: string): Uint8Array {
  return Uint8Array.from(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
}
