import type { Pulse } from './pulse.js';

/** What {@link Health} looks at. */
export interface HealthDeps {
  pulse: Pick<Pulse, 'beat'>;
  /** Whether the database answers to what keeps the leases of this process; `null`: that has not begun. */
  areLeasesKept(): boolean | null;
}

/** Whether this process is of use now. */
export class Health {
  readonly #deps: HealthDeps;

  constructor(deps: HealthDeps) {
    this.#deps = deps;
  }

  /**
   * Why this process should get no requests now; `null`: it should. In words for everybody: no names, no addresses. A process
   * that holds no identity is ready, since others hold them and it shows and does everything.
   */
  async unreadiness(): Promise<string | null> {
    const { pulse, areLeasesKept } = this.#deps;
    if (areLeasesKept() === null) return 'it is starting';
    if (!(await pulse.beat()).isAnswered) return 'the database does not answer';
    return areLeasesKept() ? null : 'the leases of its identities cannot be renewed';
  }
}
