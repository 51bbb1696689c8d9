import { type Change, type ChangeFeed, openFeed } from '../../../platform/changes/index.js';
import { type Caller, People, type User } from '../../../platform/people/index.js';
import { IN_MEMORY, openStore } from '../../../platform/store/open-store.js';
import type { SqlStore } from '../../../platform/store/sql-store.js';
import type { Limits } from '../../../platform/store/sweep.js';
import { freshDatabase, postgresAvailable } from '../../support/postgres.js';

/** The stores on which people live. */
export const DIALECTS: ('sqlite' | 'postgres')[] = postgresAvailable() ? ['sqlite', 'postgres'] : ['sqlite'];
export const mayPostgres = DIALECTS.includes('postgres');

export const FROM = { address: '192.0.2.7', agent: 'Browser/1.0' };
export const GOOD = 'three wet horses';

/** A process of the platform, as far as people go. */
export interface Process {
  people: People;
  store: SqlStore;
  /** How many statements its store was asked. */
  readonly statements: number;
  /** What was told, here or elsewhere. */
  told: Change[];
  /** A program on the machine: it may everything. */
  root: Caller;
}

/** People of one test; `close` in an `afterEach`. */
export class PeopleStage {
  readonly #opened: { close(): Promise<void> }[] = [];
  /** What every process takes for the time. */
  now = Date.UTC(2026, 0, 1);

  /** One on an empty store. */
  async process(dialect: 'sqlite' | 'postgres'): Promise<Process> {
    return dialect === 'sqlite' ? this.#open(IN_MEMORY) : this.#open(await freshDatabase());
  }

  /** Several on one empty database. */
  async processes(count: number): Promise<[Process, ...Process[]]> {
    const url = await freshDatabase();
    const first = await this.#open(url);
    const others = await Promise.all(Array.from({ length: count - 1 }, () => this.#open(url)));
    return [first, ...others];
  }

  async close(): Promise<void> {
    for (const one of this.#opened.splice(0).reverse()) await one.close();
  }

  async #open(place: string): Promise<Process> {
    let statements = 0;
    const store = await openStore(place, undefined, () => {
      statements += 1;
    });
    this.#opened.push(store);
    const feed: ChangeFeed = await openFeed(place);
    this.#opened.push(feed);
    const told: Change[] = [];
    feed.subscribe((change) => told.push(change));
    const people = new People({ store, feed, clock: { now: () => this.now } });
    return {
      ...{ people, store, told, root: people.callers.local('test', null) },
      get statements() {
        return statements;
      },
    };
  }
}

/** A user with the password {@link GOOD}, or without one. */
export async function addUser(
  { people, root }: Process,
  name: string,
  options: { isAdministrator?: boolean; password?: string | null } = {},
): Promise<User> {
  return people.users.add(root, { name, password: null, ...options });
}

/** What a browser of that user comes with. */
export async function browserOf({ people }: Process, user: User): Promise<{ value: string; caller: Caller }> {
  const signedIn = await people.signIns.begin(user.id, 'oidc', FROM);
  const caller = await people.callers.ofSignIn(signedIn?.value ?? '', FROM.address);
  if (signedIn === null || caller === null) throw new Error(`${user.name} is not let in`);
  return { value: signedIn.value, caller };
}

/** Waits for what nobody waits for: when somebody was last seen. */
export async function settled({ store }: Process): Promise<void> {
  await store.write(async () => {});
}

/** A sweep with them removes what has ended by itself, and what was removed. */
export const NO_LIMITS: Limits = {
  ...{ reportsSince: 0, reportsPerEndpoint: 1e9, reportsPerProject: 1e9, pointsPerProject: 1e9 },
  ...{ runsSince: 0, auditSince: 0, auditEntries: 1e9, now: 0, endpointsSeenSince: 0 },
  ...{ bytesPerEndpoint: 1e15, bytesPerSecret: 1e15 },
};
