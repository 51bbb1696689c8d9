import { type Clock, nowSeconds, type Sleep, sleepUntil } from '../async/index.js';
import { messageOf } from '../errors.js';
import type { SafeLogger } from '../logger.js';
import type { Endpoint } from '../transport/index.js';
import {
  type ApiSecret,
  Caps,
  type EndpointId,
  type Relay,
  relayAuthToken,
  TOKEN_LIFETIME_SECONDS,
} from '../wire/index.js';

const RELAY_CAPS = Caps.of('relay:use');

/** Delay after an endpoint did not take a renewed token. Half of the lifetime is left, enough for many attempts. */
const RETRY_MS = 3_600_000;

/** Options of {@link RelayTokens}. */
export interface RelayTokensOptions {
  apiSecret: ApiSecret;
  endpointId: EndpointId;
  relays: readonly Relay[];
  clock: Clock;
  sleep: Sleep;
  log: SafeLogger;
}

/** Gives relays of iroh services (`auth: 'services'`) a valid token, and renews it. */
export class RelayTokens {
  readonly #options: RelayTokensOptions;

  constructor(options: RelayTokensOptions) {
    this.#options = options;
  }

  /** All relays of the settings for an endpoint that is about to be bound, those of iroh services with a token. */
  configs(): Relay[] {
    return this.#options.relays.map((relay) => this.#config(relay));
  }

  /**
   * Renews at half of a token's lifetime, until `signal` fires. Never rejects.
   * @param isFresh - whether the endpoint was bound with {@link configs} just now; if not, it gets its tokens at once
   */
  async keep(endpoint: Endpoint, isFresh: boolean, signal: AbortSignal): Promise<void> {
    const { relays, clock, sleep, log } = this.#options;
    const managed = relays.filter(({ auth }) => auth === 'services');
    if (managed.length === 0) return;
    let next = isFresh ? this.#renewal() : clock.now();
    try {
      for (;;) {
        await sleepUntil(next, clock, sleep, signal);
        try {
          for (const relay of managed) await endpoint.insertRelay(this.#config(relay));
          next = this.#renewal();
        } catch (error) {
          if (endpoint.isClosed) return;
          log.warn(`the tokens of the relays could not be renewed: ${messageOf(error)}`, {
            event: 'relay-token-failed',
            retryInMs: RETRY_MS,
          });
          next = clock.now() + RETRY_MS;
        }
      }
    } catch {
      // Only the signal ends a sleep early.
    }
  }

  #config(relay: Relay): Relay {
    if (relay.auth !== 'services') return relay;
    const { apiSecret, endpointId, clock } = this.#options;
    const expiresAt = nowSeconds(clock) + TOKEN_LIFETIME_SECONDS;
    const token = relayAuthToken(apiSecret.issueToken(endpointId, RELAY_CAPS, expiresAt));
    return { ...relay, auth: { token } };
  }

  /** Milliseconds since the epoch. */
  #renewal(): number {
    return this.#options.clock.now() + (TOKEN_LIFETIME_SECONDS / 2) * 1000;
  }
}
