import { Counter, Gauge, Histogram, Registry } from 'prom-client';

const PREFIX = 'iroh_platform_';

/** What a gauge says now: a value for each set of labels. */
type Lines = [labels: Record<string, string>, value: number][];
type Read = () => Lines | Promise<Lines>;

/** Makes what Prometheus reads, under the platform's prefix. */
export class Instruments {
  readonly registry = new Registry();
  readonly #registers = [this.registry];

  counter<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
  ): Counter<Label> {
    return new Counter({ name: PREFIX + name, help, labelNames, registers: this.#registers });
  }

  histogram<Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: readonly Label[],
  ): Histogram<Label> {
    return new Histogram({ name: PREFIX + name, help, labelNames, buckets, registers: this.#registers });
  }

  gauge<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Gauge<Label> {
    return new Gauge({ name: PREFIX + name, help, labelNames, registers: this.#registers });
  }

  reading(name: string, help: string, value: () => number): void {
    this.lines(name, help, [], () => [[{}, value()]]);
  }

  /** A gauge that is read when somebody asks. What cannot be read has no line: a zero would be a lie. */
  lines(name: string, help: string, labelNames: readonly string[], read: Read): void {
    const gauge: Gauge = new Gauge({
      ...{ name: PREFIX + name, help, labelNames, registers: this.#registers },
      collect: async () => {
        const lines = await (async () => read())().catch(() => []);
        gauge.reset();
        if (lines.length === 0) gauge.remove();
        for (const [labels, value] of lines) gauge.set(labels, value);
      },
    });
  }

  readingTotals(name: string, help: string, read: () => [outcome: string, value: number][]): void {
    const counter: Counter<'outcome'> = new Counter({
      ...{ name: PREFIX + name, help, labelNames: ['outcome'] as const, registers: this.#registers },
      collect: () => {
        counter.reset();
        for (const [outcome, value] of read()) counter.inc({ outcome }, value);
      },
    });
  }
}
