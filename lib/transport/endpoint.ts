import { setTimeout as delay } from 'node:timers/promises';
import { bounded } from '../async/index.js';
import { NetDiagnosticsError } from '../errors.js';
import {
  alpnNames,
  needed,
  option,
  readOption,
  readOptions,
  relays,
  relayWithoutSecret,
} from '../settings/index.js';
import {
  DEFAULT_RELAY_QUIC_PORT,
  type EndpointAddress,
  type EndpointId,
  endpointIdFromBytes,
  type Relay,
  type RelayOption,
  SecretKey,
  type SocketAddr,
  shortId,
} from '../wire/index.js';
import { acceptorOf } from './acceptor.js';
import { addressIn, addressOut, idOut, socketAddrsIn } from './address.js';
import { type BytesOut, bytesIn, bytesOutLike, textToBytes } from './bytes.js';
import { IrohConnection } from './connection.js';
import { CONNECT_TIMEOUT_MS, ONLINE_POLL_MS } from './constants.js';
import { connectFailure } from './failures.js';
import { closeLate } from './incoming.js';
import type { NativeEndpoint } from './native.js';
import { relayOut } from './relays.js';
import type { Connection, Endpoint, EndpointStat, Incoming, Listening, WaitOptions } from './types.js';

/** Facts about an endpoint that the binding does not give. */
export interface EndpointFacts {
  isOwned: boolean;
  /** `null`: unknown. */
  alpns: readonly string[] | null;
  relays: readonly Relay[];
}

/** Facts about an adopted endpoint that its owner knows and the binding does not give. */
export interface AdoptOptions {
  /** All ALPNs it accepts. A `Router` keeps them when it adds its own; without this list it cannot add any. Default: unknown. */
  alpns?: readonly string[] | undefined;
  /** The relays it was configured with, for the report; their `auth` is not used. Default: none. */
  relays?: readonly (string | RelayOption)[] | undefined;
}

const ADOPT_OPTIONS = { alpns: option(alpnNames(), null), relays: option(relays(), []) };
const RELAY = needed(relayWithoutSecret());

/**
 * Wraps the user's own endpoint. It may come from another copy of `@number0/iroh`.
 * @throws NetDiagnosticsError `ERR_SETTING` for a malformed or an unknown option
 */
export function adoptEndpoint(native: NativeEndpoint, options: AdoptOptions = {}): Endpoint {
  const { alpns, relays } = readOptions('adoptEndpoint()', ADOPT_OPTIONS, options);
  return new IrohEndpoint(native, { isOwned: false, alpns, relays });
}

/** {@link Endpoint} over an endpoint of the binding. */
export class IrohEndpoint implements Endpoint {
  readonly id: EndpointId;
  readonly isOwned: boolean;
  readonly #native: NativeEndpoint;
  readonly #bytesOut: BytesOut;
  readonly #relays = new Map<string, number | null>();
  #alpns: readonly string[] | null;
  #closing: Promise<void> | null = null;

  constructor(native: NativeEndpoint, facts: EndpointFacts) {
    this.#native = native;
    const idBytes = native.id().toBytes();
    this.#bytesOut = bytesOutLike(idBytes);
    this.id = endpointIdFromBytes(bytesIn(idBytes));
    this.isOwned = facts.isOwned;
    this.#alpns = facts.alpns;
    for (const relay of facts.relays) this.#noteRelay(relay);
  }

  get isClosed(): boolean {
    return this.#closing !== null || this.#native.isClosed();
  }

  secretKey(): SecretKey {
    return SecretKey.fromBytes(bytesIn(this.#native.secretKey().toBytes()));
  }

  address(): EndpointAddress {
    return addressIn(this.id, this.#native.addr());
  }

  boundSockets(): SocketAddr[] {
    return socketAddrsIn(this.#native.boundSockets());
  }

  relays(): readonly Relay[] {
    return [...this.#relays]
      .map(([url, quicPort]) => ({ url, quicPort, auth: null }))
      .sort((a, b) => compareText(a.url, b.url));
  }

  alpns(): readonly string[] {
    return this.#alpns ?? [];
  }

  async remoteAddress(id: EndpointId): Promise<EndpointAddress | null> {
    const address = await this.#native.remoteAddr(idOut(this.#native, id, this.#bytesOut));
    return address === null ? null : addressIn(id, address);
  }

  stats(): EndpointStat[] {
    return Object.entries(this.#native.stats())
      .map(([key, { value, description }]) => {
        const colon = key.indexOf(':');
        return {
          group: key.slice(0, Math.max(colon, 0)),
          name: key.slice(colon + 1),
          value,
          help: description,
        };
      })
      .sort((a, b) => compareText(a.group, b.group) || compareText(a.name, b.name));
  }

  async connect(to: EndpointAddress, alpn: string, wait: WaitOptions = {}): Promise<Connection> {
    const what = `connecting to ${shortId(to.id)}`;
    try {
      this.#assertOpen();
      const native = await bounded(what, wait, CONNECT_TIMEOUT_MS, (step) => {
        const address = addressOut(this.#native, to, this.#bytesOut);
        return step(this.#native.connect(address, this.#bytesOut(textToBytes(alpn))), closeLate);
      });
      return new IrohConnection(native, this.#native);
    } catch (error) {
      throw connectFailure(error, what, this.isClosed);
    }
  }

  online(wait: WaitOptions = {}): Promise<void> {
    return bounded('waiting for a home relay', wait, Number.POSITIVE_INFINITY, async (step) => {
      for (;;) {
        this.#assertOpen();
        if (this.#native.addr().relayUrl() !== null) return;
        await step(delay(ONLINE_POLL_MS));
      }
    });
  }

  setAlpns(alpns: readonly string[]): void {
    this.#assertOpen();
    if (this.#alpns === null) {
      throw new NetDiagnosticsError(
        'ERR_ALPN',
        'Setting ALPNs would replace those of your endpoint: name them in adoptEndpoint(native, { alpns }).',
      );
    }
    this.#native.setAlpns(alpns.map((alpn) => this.#bytesOut(textToBytes(alpn))));
    this.#alpns = [...alpns];
  }

  async insertRelay(relay: string | RelayOption): Promise<void> {
    this.#assertOpen();
    const checked = readOption('insertRelay()', 'relay', RELAY, relay);
    await this.#native.insertRelay(relayOut(checked));
    this.#noteRelay(checked);
  }

  listen(listener: (incoming: Incoming) => void): Listening {
    this.#assertOpen();
    return acceptorOf(this.#native).listen(listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#native.close().catch(() => {});
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isOwned) await this.close();
  }

  #noteRelay({ url, quicPort }: Relay): void {
    this.#relays.set(url, quicPort === undefined ? DEFAULT_RELAY_QUIC_PORT : quicPort);
  }

  #assertOpen(): void {
    if (this.isClosed) {
      throw new NetDiagnosticsError('ERR_ENDPOINT_CLOSED', 'This endpoint is closed; bind a new one.');
    }
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
