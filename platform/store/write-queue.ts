import type { Transaction } from 'kysely';
import { isDeadlock } from './dialect.js';
import type { Tables } from './schema.js';
import type { SqlDatabase } from './sql-database.js';

/** A part of a write: statements of one transaction. It may be run more than once, then in a transaction of its own. */
export type Write<T = unknown> = (transaction: Transaction<Tables>) => Promise<T>;

/** Writes of one transaction. */
const MAX_TOGETHER = 100;
/** Milliseconds after which no more are begun in it. An embedded database works in the loop that everybody waits for. */
const MAX_TOGETHER_MS = 20;
/** How often a write is tried alone that waited for another process's, which waited for it. */
const MAX_ATTEMPTS = 4;

/** How the queues of one store do, together. */
export interface WriteFigures {
  /** Writes that wait, or are just being written. */
  waiting: number;
  /** Transactions that were written, and those that were not. */
  transactions: { done: number; failed: number };
}

export function newWriteFigures(): WriteFigures {
  return { waiting: 0, transactions: { done: 0, failed: 0 } };
}

interface Asked {
  write: Write;
  resolve(value: never): void;
  reject(error: unknown): void;
}

/**
 * Writes that are asked at about the same time share a transaction, because what a write costs is its end: waiting for the
 * disk. In the order of asking, one transaction at a time; a write resolves when its transaction is on disk. Where one
 * fails, each of that transaction is tried alone, so nobody fails for another.
 */
export class WriteQueue {
  readonly #database: SqlDatabase;
  readonly #fence: Write;
  readonly #figures: WriteFigures;
  #asked: Asked[] = [];
  #working: Promise<void> | null = null;

  /**
   * @param fence - the first part of each transaction: rejects when nothing may be written any more
   * @param figures - where it counts
   */
  constructor(database: SqlDatabase, fence: Write = async () => {}, figures = newWriteFigures()) {
    this.#database = database;
    this.#fence = fence;
    this.#figures = figures;
  }

  /** @throws `ERR_STORE`, what the fence throws, or what the write throws: then nothing of it was written */
  run<T>(write: Write<T>): Promise<T> {
    this.#figures.waiting += 1;
    return new Promise<T>((resolve, reject) => {
      this.#asked.push({ write, resolve, reject });
      this.#working ??= this.#work();
    }).finally(() => {
      this.#figures.waiting -= 1;
    });
  }

  /** Resolves when everything that was asked has been written, or has failed. */
  async settled(): Promise<void> {
    while (this.#working !== null) await this.#working;
  }

  async #work(): Promise<void> {
    // What arrives in the same turn of the event loop comes along.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#asked.length > 0) {
      await this.#together(this.#asked.splice(0, MAX_TOGETHER));
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#working = null;
  }

  /** Never rejects. @returns what failed when it was the transaction itself; `null`: it was not */
  async #together(asked: readonly Asked[], attempt = 1): Promise<Error | null> {
    let failed: Asked | null = null;
    try {
      const values = await this.#inTransaction(async (transaction) => {
        const written: unknown[] = [];
        const begunAt = performance.now();
        for (const one of asked) {
          if (written.length > 0 && performance.now() - begunAt > MAX_TOGETHER_MS) break;
          failed = one;
          written.push(await one.write(transaction));
        }
        failed = null;
        return written;
      });
      for (const [index, value] of values.entries()) asked[index]?.resolve(value as never);
      this.#asked.unshift(...asked.slice(values.length));
    } catch (error) {
      if (asked.length === 1 && isDeadlock(error) && attempt < MAX_ATTEMPTS)
        return this.#together(asked, attempt + 1);
      // One of several failed, and the others have nothing to do with it. Otherwise it was the transaction itself.
      if (failed !== null && asked.length > 1) await this.#alone(asked);
      else for (const { reject } of asked) reject(error);
      if (failed === null) return error as Error;
    }
    return null;
  }

  /** Each in a transaction of its own. Where there is none, the database is away or the fence closed: for all of them. */
  async #alone(asked: readonly Asked[]): Promise<void> {
    for (const [index, one] of asked.entries()) {
      const failure = await this.#together([one]);
      if (failure === null) continue;
      for (const { reject } of asked.slice(index + 1)) reject(failure);
      return;
    }
  }

  async #inTransaction<T>(write: Write<T>): Promise<T> {
    const { transactions } = this.#figures;
    try {
      const value = await this.#database.tables.transaction().execute(async (transaction) => {
        await this.#fence(transaction);
        return write(transaction);
      });
      transactions.done += 1;
      return value;
    } catch (error) {
      transactions.failed += 1;
      throw error;
    }
  }
}
