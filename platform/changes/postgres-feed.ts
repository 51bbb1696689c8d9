import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import {
  configFor,
  importPg,
  LIMITS,
  loadPg,
  orStoreError,
  type Pg,
  placeOf,
  Sockets,
} from '../store/postgres-connection.js';
import { type Change, readChange } from './change.js';
import { type ChangeFeed, LocalFeed } from './feed.js';
import { Outbox } from './outbox.js';

const CHANNEL = 'iroh_platform_changes';
/** What changes within so many milliseconds after something was told is told together. */
const PACE_MS = 50;
/** A connection on which nothing is heard may be dead: it is asked so often. */
const LOOK_EVERY_MS = 5_000;
const RETRY_MS = { first: 100, last: 2_000 } as const;

/**
 * For processes that share a PostgreSQL database: LISTEN and NOTIFY on a connection of its own, which is made anew when it
 * breaks. What could not be told meanwhile is told then.
 */
export class PostgresFeed implements ChangeFeed {
  readonly #pg: Pg;
  readonly #url: string;
  readonly #name = randomBytes(6).toString('hex');
  readonly #local = new LocalFeed();
  readonly #outbox = new Outbox(this.#name);
  readonly #sockets = new Sockets();
  #client: pg.Client | null = null;
  #sending: Promise<void> | null = null;
  #pause: NodeJS.Timeout | undefined;
  #look: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #retryMs: number = RETRY_MS.first;
  #closing: Promise<void> | null = null;

  private constructor(pg: Pg, url: string) {
    this.#pg = pg;
    this.#url = url;
  }

  /** @throws `ERR_STORE` when the database cannot be reached now */
  static async open(url: string): Promise<PostgresFeed> {
    const feed = new PostgresFeed(await loadPg(importPg), url);
    try {
      await orStoreError(placeOf(feed.#pg, configFor(url)), () => feed.#connect());
      return feed;
    } catch (error) {
      await feed.close();
      throw error;
    }
  }

  publish(change: Change): void {
    if (this.#closing !== null) return;
    this.#outbox.add(change);
    this.#sendSoon();
    this.#local.publish(change);
  }

  subscribe(listener: (change: Change) => void): () => void {
    return this.#local.subscribe(listener);
  }

  onGap(listener: () => void): () => void {
    return this.#local.onGap(listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const timer of [this.#pause, this.#look, this.#retry]) clearTimeout(timer);
    await this.#local.close();
    // A server that says nothing is not waited for.
    const goodbye = this.#sayGoodbye().catch(ignore);
    await this.#sockets.closed();
    await goodbye;
  }

  async #sayGoodbye(): Promise<void> {
    await this.#sending;
    const client = this.#client;
    this.#client = null;
    if (client === null) return;
    await this.#send(client).catch(ignore);
    await client.end();
  }

  #sendSoon(): void {
    if (this.#client === null || this.#sending !== null || this.#pause !== undefined) return;
    this.#sending = this.#sendAll(this.#client);
  }

  /** Never rejects. */
  async #sendAll(client: pg.Client): Promise<void> {
    // What is published in the same turn comes along.
    await null;
    const isSent = await this.#send(client).then(
      () => true,
      () => false,
    );
    this.#sending = null;
    if (!isSent) return this.#lost(client);
    if (this.#closing !== null) return;
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      if (!this.#outbox.isEmpty) this.#sendSoon();
    }, PACE_MS);
  }

  async #send(client: pg.Client): Promise<void> {
    const { messages, putBack } = this.#outbox.take();
    if (messages.length === 0) return;
    try {
      await client.query('SELECT pg_notify($1, message) FROM unnest($2::text[]) AS message', [
        CHANNEL,
        messages,
      ]);
    } catch (error) {
      putBack();
      throw error;
    }
  }

  async #connect(): Promise<void> {
    const client = new this.#pg.Client({
      ...configFor(this.#url),
      ...LIMITS,
      stream: this.#sockets.create,
    });
    let isLost = false;
    const lost = () => {
      isLost = true;
      this.#lost(client);
    };
    client.on('error', lost).on('end', lost);
    client.on('notification', ({ channel, payload }) => {
      if (channel === CHANNEL && payload !== undefined) this.#hear(payload);
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      if (isLost) throw new Error('the connection broke at once');
    } catch (error) {
      client.end().catch(ignore);
      throw error;
    }
    if (this.#closing !== null) {
      client.end().catch(ignore);
      return;
    }
    this.#client = client;
    this.#retryMs = RETRY_MS.first;
    let isLooking = false;
    this.#look = setInterval(() => {
      // What is being sent is a look, too.
      if (isLooking || this.#sending !== null) return;
      isLooking = true;
      client.query('SELECT 1').then(() => {
        isLooking = false;
      }, lost);
    }, LOOK_EVERY_MS);
    if (!this.#outbox.isEmpty) this.#sendSoon();
  }

  /** The connection is broken: everything that is said from now on is missed. */
  #lost(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = null;
    clearInterval(this.#look);
    client.end().catch(ignore);
    this.#connectLater();
  }

  #connectLater(): void {
    if (this.#closing !== null) return;
    this.#retry = setTimeout(() => {
      this.#connect().then(
        () => this.#local.gap(),
        () => this.#connectLater(),
      );
    }, this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS.last);
  }

  #hear(payload: string): void {
    const { from, gap, changes } = parsed(payload);
    if (from === this.#name) return;
    if (gap === true) this.#local.gap();
    for (const value of Array.isArray(changes) ? changes : []) {
      const change = readChange(value);
      if (change !== null) this.#local.publish(change);
    }
  }
}

/** Anybody who may use the database may say anything on the channel. */
function parsed(payload: string): { from?: unknown; gap?: unknown; changes?: unknown } {
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function ignore(): void {}
