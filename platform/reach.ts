import {
  bindPlatform,
  type Endpoint,
  type EndpointAddress,
  type EndpointId,
  platformAddress,
} from 'iroh-net-diagnostics/services';
import type { HeldIdentity } from './identities/index.js';
import type { PlatformSettings } from './options.js';
import { endpointId } from './store/rows.js';
import { PORT_SETTING, rememberedPort } from './store/settings.js';
import type { SqlStore } from './store/sql-store.js';

/** How the identities that this process holds are reached: where each is bound, and what API secrets say of it. */
export class Reach {
  readonly #settings: PlatformSettings;
  readonly #store: Pick<SqlStore, 'setting' | 'putSetting'>;
  readonly #warn: (message: string) => void;
  /** On a shared database: which identity has the option's port, or is about to. */
  #portOf: EndpointId | null = null;

  constructor(
    settings: PlatformSettings,
    store: Pick<SqlStore, 'setting' | 'putSetting'>,
    warn: (message: string) => void = () => {},
  ) {
    this.#settings = settings;
    this.#store = store;
    this.#warn = warn;
  }

  /** Whether other processes may serve the same identities. */
  get isShared(): boolean {
    return this.#settings.database !== null;
  }

  get hasRelays(): boolean {
    return this.#settings.network === 'n0' || this.#relayUrls.length > 0;
  }

  /** What the operator should know of API secrets made here; `null`: nothing. */
  get remark(): string | null {
    if (!this.isShared || this.hasRelays) return null;
    return 'No relay is named, so API secrets name this machine and its ports of now: they lead nowhere when another process serves the identity, or this one starts again. Name relays, the same for all processes.';
  }

  /** Binds an identity. @throws `ERR_BIND`, `ERR_STORE` */
  async bind({ identity, secretKey, signal }: HeldIdentity): Promise<Endpoint> {
    const { network, relays, bindAddrs, port: wanted } = this.#settings;
    const how = { secretKey, network, relays, bindAddrs };
    if (this.isShared) {
      const first = this.#takePort(identity, signal);
      const { endpoint, port } = await bindPlatform({
        ...how,
        port: first === null ? 0 : null,
        remembered: first,
      });
      if (first !== null && port !== first)
        this.#warn(`UDP port ${first} is taken, so the identity ${identity} is served at ${port}.`);
      return endpoint;
    }
    const remembered = await rememberedPort(this.#store, PORT_SETTING);
    const { endpoint, port } = await bindPlatform({ ...how, port: wanted, remembered });
    try {
      await this.#store.putSetting(PORT_SETTING, String(port));
    } catch (error) {
      await endpoint.close();
      throw error;
    }
    if (remembered !== null && port !== remembered) this.#warnMoved(remembered, port);
    return endpoint;
  }

  /** Where endpoints reach one that is bound here. */
  addressOf(endpoint: Endpoint): EndpointAddress {
    const here = platformAddress(endpoint, this.#settings.bindAddrs);
    if (!this.isShared || !this.hasRelays) return here;
    return this.#relayUrls.length > 0 ? this.elsewhere(endpoint.id) : { ...here, directAddrs: [] };
  }

  /** Where they reach one whichever process serves it: by relays, and at no machine. */
  elsewhere(id: EndpointId): EndpointAddress {
    return { id, relayUrls: [...this.#relayUrls], directAddrs: [] };
  }

  get #relayUrls(): readonly string[] {
    return (this.#settings.relays ?? []).map(({ url }) => url);
  }

  /**
   * The option's port is for one of several, since each needs its own. No secret contains it, and iroh frees a port some time
   * after an endpoint is closed: rather than to leave an identity unserved, another one is taken.
   * @returns `null`: any
   */
  #takePort(identity: EndpointId, signal: AbortSignal): number | null {
    const wanted = this.#settings.port ?? 0;
    if (wanted === 0 || this.#portOf !== null) return null;
    this.#portOf = identity;
    const free = () => {
      this.#portOf = null;
    };
    signal.addEventListener('abort', free, { once: true });
    return wanted;
  }

  #warnMoved(from: number, to: number): void {
    this.#warn(
      `UDP port ${from} is taken, so the platform moved to ${to}: API secrets made before point to ${from}. ` +
        `Free that port and start again, or make new secrets.`,
    );
  }
}

/** The identity with the fewest endpoints; of several the one with the fewest secrets. `null`: there is none yet. */
export async function leastUsedIdentity({ tables }: Pick<SqlStore, 'tables'>): Promise<EndpointId | null> {
  const row = await tables
    .selectFrom('identities')
    .select('id')
    .orderBy(({ selectFrom, fn }) =>
      selectFrom('endpoints')
        .select(fn.countAll().as('count'))
        .whereRef('endpoints.identity', '=', 'identities.id'),
    )
    .orderBy(({ selectFrom, fn }) =>
      selectFrom('api_secrets')
        .select(fn.countAll().as('count'))
        .whereRef('api_secrets.identity', '=', 'identities.id'),
    )
    .orderBy('created_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : endpointId(row, 'id');
}
