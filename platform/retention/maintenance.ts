import { type Clock, type EndpointRef, messageOf, systemSleep } from 'iroh-net-diagnostics/services';
import { rollNextSeries } from '../store/metric-rollup.js';
import type { SqlDatabase } from '../store/sql-database.js';
import { sweep } from '../store/sweep.js';
import { takeSweepTurn } from '../store/sweep-turn.js';
import { agesOf, type KeptBytes, limitsAt, type Retention } from './retention.js';

/** How often it looks whether a series is due. */
const LOOK_MS = 1_000;
/** How often everything is looked through for what is too old or too much, by one of all processes. */
const SWEEP_MS = 10 * 60_000;
/** It rests three times as long as it works, so it takes a quarter of the process at most, also after days off. */
const REST_FACTOR = 3;
/** After an error: the database may be away. */
const ERROR_MS = 30_000;

/** What {@link Maintenance} works with. */
export interface MaintenanceDeps {
  database: SqlDatabase;
  retention: Retention;
  bytes: KeptBytes;
  clock: Clock;
  /** Gets told of each endpoint that was not seen for so long that it was forgotten. */
  onForgotten(ref: EndpointRef): void;
  /** Gets told when a round failed; the next one tries again. */
  onError(message: string): void;
}

/**
 * Rolls up metrics and removes what is too old or too much, in the background, in small steps, for as long as the platform
 * runs. Several processes with one database share the work.
 */
export class Maintenance {
  readonly #deps: MaintenanceDeps;
  readonly #ending = new AbortController();
  readonly #ended: Promise<void>;

  private constructor(deps: MaintenanceDeps) {
    this.#deps = deps;
    this.#ended = this.#work();
  }

  static start(deps: MaintenanceDeps): Maintenance {
    return new Maintenance(deps);
  }

  /** Waits for the step that it is in. Idempotent, never rejects. */
  stop(): Promise<void> {
    this.#ending.abort();
    return this.#ended;
  }

  async #work(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      try {
        await this.#rest(LOOK_MS);
        await this.#round();
      } catch (error) {
        this.#deps.onError(`Retention: ${messageOf(error)}`);
        await this.#rest(ERROR_MS);
      }
    }
  }

  async #round(): Promise<void> {
    const { database, retention, bytes, clock } = this.#deps;
    const ages = agesOf(retention);
    if (this.#ending.signal.aborted) return;
    while (await this.#paced(() => rollNextSeries(database, clock.now(), ages)));
    if (this.#ending.signal.aborted || !(await takeSweepTurn(database.tables, clock.now(), SWEEP_MS))) return;
    const steps = sweep(database, limitsAt(retention, bytes, clock.now()));
    while (
      await this.#paced(async () => {
        const { done, value } = await steps.next();
        if (done !== true && value !== undefined) this.#deps.onForgotten(value);
        return done !== true;
      })
    );
  }

  /** @returns what the step said; `false` when it is to end */
  async #paced(step: () => Promise<boolean>): Promise<boolean> {
    const begunAt = performance.now();
    const isMore = await step();
    await this.#rest((performance.now() - begunAt) * REST_FACTOR);
    return isMore && !this.#ending.signal.aborted;
  }

  /** Shorter when it is to end. */
  #rest(ms: number): Promise<void> {
    return systemSleep(ms, this.#ending.signal).catch(() => {});
  }
}
