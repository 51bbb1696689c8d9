import type { BatchObservableCallback, Meter, ObservableUpDownCounter } from '@opentelemetry/api';
import type { Status } from '../status.js';
import { ATTRIBUTES, METRICS } from './names.js';

/** Shows whether an endpoint is online and has given a grant, each time the app's SDK collects. */
export class StatusGauges {
  readonly #meter: Meter;
  readonly #online: ObservableUpDownCounter;
  readonly #granted: ObservableUpDownCounter;
  #callback: BatchObservableCallback | null = null;

  constructor(meter: Meter) {
    this.#meter = meter;
    this.#online = meter.createObservableUpDownCounter(METRICS.online, {
      unit: '{endpoint}',
      description: 'Endpoints that are connected to their platform: 1 or 0 for each.',
    });
    this.#granted = meter.createObservableUpDownCounter(METRICS.granted, {
      unit: '{endpoint}',
      description: 'Endpoints whose grant the platform holds: 1 or 0 for each.',
    });
  }

  get isOn(): boolean {
    return this.#callback !== null;
  }

  /** Shows the result of `status` from now on. Idempotent. */
  watch(status: () => Status): void {
    if (this.#callback !== null) return;
    this.#add((result) => {
      const { state, grant, endpointId } = status();
      const attributes = attributesOf(endpointId);
      result.observe(this.#online, state === 'online' ? 1 : 0, attributes);
      result.observe(this.#granted, grant.state === 'granted' ? 1 : 0, attributes);
    });
  }

  /** Ends it at once. */
  release(): void {
    if (this.#callback !== null) this.#meter.removeBatchObservableCallback(this.#callback, this.#instruments);
    this.#callback = null;
  }

  /**
   * Ends it with a last 0 at the next collection, since an SDK continues to export the last value that it saw. Until then
   * only the endpoint's id is kept in memory.
   */
  sayGoodbye({ endpointId }: Status): void {
    if (this.#callback === null) return;
    this.release();
    const attributes = attributesOf(endpointId);
    this.#add((result) => {
      for (const instrument of this.#instruments) result.observe(instrument, 0, attributes);
      // Not now: the SDK is just calling its callbacks.
      queueMicrotask(() => this.release());
    });
  }

  get #instruments(): ObservableUpDownCounter[] {
    return [this.#online, this.#granted];
  }

  #add(callback: BatchObservableCallback): void {
    this.#meter.addBatchObservableCallback(callback, this.#instruments);
    this.#callback = callback;
  }
}

/** Attributes that tell several endpoints of one process apart; none before the identity is known. */
function attributesOf(endpointId: Status['endpointId']): Record<string, string> {
  return endpointId === null ? {} : { [ATTRIBUTES.endpointId]: endpointId };
}
