import type { Family } from '../../report/index.js';
import type { StunServer } from '../../wire/index.js';
import type { ProbeContext, RunResult } from '../probe.js';
import { MAX_FILTERING_TESTS } from './constants.js';
import { elsewhere, type Tried, testFiltering } from './filtering.js';
import { askMapping, type Reached } from './mapping.js';
import { resultOf } from './result.js';
import { StunSocket } from './socket.js';
import { withSoftEnd } from './soft-end.js';

/**
 * Asks the servers of one family. A server that answers, and can answer from another address, is then asked to do
 * that.
 */
export class StunRun {
  /** How they see this machine. */
  readonly mapping: Promise<RunResult>;
  /** Which datagrams came in from addresses that were never written to. */
  readonly filtering: Promise<RunResult>;
  readonly #family: Family;
  readonly #context: ProbeContext;
  /** By the server's name: a second address of the same server would show the same. */
  readonly #tests = new Map<string, Promise<Tried>>();

  constructor(servers: readonly StunServer[], family: Family, context: ProbeContext) {
    this.#family = family;
    this.#context = context;
    const reached = (server: Reached) => this.#test(server);
    const told = withSoftEnd(context, (signal) =>
      StunSocket.with(family, signal, context.elapsed, (socket) =>
        askMapping({ servers, socket, context, signal, reached }),
      ),
    );
    this.mapping = told.then(({ answers, addresses }) =>
      resultOf(answers, addresses.length > 0, addresses.length === 0 ? {} : { addresses }),
    );
    this.filtering = told.then(async ({ answers }) => {
      const tried = await Promise.all(this.#tests.values());
      const filterings = tried.flatMap(({ filtering }) => (filtering === undefined ? [] : [filtering]));
      return resultOf(
        tried.length === 0 ? answers : tried.map(({ answer }) => answer),
        filterings.length > 0,
        filterings.length === 0 ? {} : { filterings },
      );
    });
    // Somebody awaits each of these, but may have stopped: a rejection must not be unhandled.
    this.mapping.catch(() => undefined);
    this.filtering.catch(() => undefined);
  }

  #test(server: Reached): void {
    const isEnough = this.#tests.size >= MAX_FILTERING_TESTS;
    if (isEnough || this.#tests.has(server.label) || elsewhere(server) === null) return;
    const test = testFiltering(server, this.#family, this.#context);
    test.catch(() => undefined);
    this.#tests.set(server.label, test);
  }
}
