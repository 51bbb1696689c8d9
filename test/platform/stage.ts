import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../lib/async/index.js';
import type { PlatformEvent } from '../../lib/services/events.js';
import { DEFAULT_PROJECT, type EndpointRef } from '../../lib/services/records.js';
import type { EndpointView } from '../../lib/services/views.js';
import {
  type Connection,
  call,
  type Endpoint,
  Router,
  readRequest,
  respond,
} from '../../lib/transport/index.js';
import {
  type ApiSecret,
  Caps,
  CLIENT_HOST_ALPN,
  type DiagnosticsReport,
  decodeClientHostRequest,
  decodeUnitResult,
  type EndpointId,
  encodeReportResult,
  encodeServicesRequest,
  type RemoteResult,
  SERVICES_ALPN,
  type ServicesRequest,
  Token,
} from '../../lib/wire/index.js';
import { LocalFeed } from '../../platform/changes/feed.js';
import { Platform, type PlatformOptions } from '../../platform/index.js';
import { People } from '../../platform/people/index.js';
import type { GuardedRoute } from '../../platform/server/doors/index.js';
import { openLibsql } from '../../platform/store/libsql-driver.js';
import { SqlStore } from '../../platform/store/sql-store.js';
import { checkedAnswers } from '../support/checked-answers.js';
import { ADMIN, TOKEN } from '../support/dashboard-door.js';
import { Loopback } from '../support/loopback.js';

const NOBODY = { kind: 'nobody', id: '', name: '', address: null };

/** Platforms, endpoints and folders of one test; `close` in an `afterEach`. */
export class Stage {
  readonly #loopback = new Loopback();
  readonly #platforms: Platform[] = [];
  readonly #routers: Router[] = [];
  readonly #folders: string[] = [];
  readonly #stores = new Map<Platform, SqlStore>();
  /** What the platforms told, in order. */
  readonly events: PlatformEvent[] = [];

  /** On the store that lasts, though kept in memory unless a folder is given. A dashboard has the token of the tests. */
  async platform(
    options: Partial<PlatformOptions> = {},
    onRoute?: (route: GuardedRoute) => void,
    isPublicAddress?: (ip: string) => boolean,
  ): Promise<Platform> {
    const store = options.dataDir === undefined ? await sqlStore() : null;
    const parts = {
      ...(store === null ? {} : { store }),
      serializer: checkedAnswers,
      ...(onRoute === undefined ? {} : { onRoute }),
      ...(isPublicAddress === undefined ? {} : { isPublicAddress }),
    };
    const onEvent = (event: PlatformEvent) => this.events.push(event);
    const usual = { dataDir: ':memory:', port: 0, dashboard: false, onEvent } as const;
    const { dashboard } = options;
    const withToken = dashboard ? { dashboard: { token: TOKEN, ...dashboard } } : {};
    const platform = await Platform.start({ ...usual, ...options, ...withToken }, parts);
    this.#platforms.push(platform);
    if (store !== null) this.#stores.set(platform, store);
    return platform;
  }

  /** The people of a platform that is kept in memory. */
  peopleOf(platform: Platform): People {
    return new People({ store: this.#storeOf(platform), feed: new LocalFeed(), clock: systemClock });
  }

  /** The tables of a platform that is kept in memory. */
  tablesOf(platform: Platform): SqlStore['tables'] {
    return this.#storeOf(platform).tables;
  }

  #storeOf(platform: Platform): SqlStore {
    const store = this.#stores.get(platform);
    if (store === undefined) throw new Error('Its store is its own.');
    return store;
  }

  /** Signs the first account in, an administrator's, without a password. @returns for the `Cookie` header */
  async signIn(platform: Platform): Promise<string> {
    const people = this.peopleOf(platform);
    await people.users.addFirst(NOBODY, { name: ADMIN.name });
    const user = await people.users.byNameOrEmail(ADMIN.name);
    return this.signInAs(platform, user?.id ?? '');
  }

  /** Signs a user in. @returns for the `Cookie` header */
  async signInAs(platform: Platform, userId: string): Promise<string> {
    const signedIn = await this.peopleOf(platform).signIns.begin(userId, 'code', {
      address: null,
      agent: '',
    });
    return `net_diagnostics_${platform.id.slice(0, 8)}=${signedIn?.value}`;
  }

  endpoint(): Promise<Endpoint> {
    return this.#loopback.bind();
  }

  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-platform-'));
    this.#folders.push(folder);
    return folder;
  }

  /** An endpoint that answers dial-backs. @param ip - where it is bound. Default: loopback */
  async clientHost(answer: ClientHostScript, ip?: string): Promise<Endpoint> {
    const endpoint = await this.#loopback.bind(ip === undefined ? {} : { bindAddrs: [`${ip}:0`] });
    const router = new Router(endpoint);
    router.handle(CLIENT_HOST_ALPN, (connection, { signal }) => answerDialBack(connection, signal, answer));
    router.start();
    this.#routers.push(router);
    return endpoint;
  }

  async close(): Promise<void> {
    await Promise.all(this.#platforms.splice(0).map((platform) => platform.stop()));
    await Promise.all(this.#routers.splice(0).map((router) => router.close()));
    await this.#loopback.closeAll();
    await Promise.all(this.#folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
    this.events.length = 0;
    held.length = 0;
  }
}

/** SQLite without a file. */
export async function sqlStore(): Promise<SqlStore> {
  return SqlStore.open(await openLibsql(':memory:'));
}

/** An endpoint in the project that is always there. */
export function refOf(id: EndpointId): EndpointRef {
  return { project: DEFAULT_PROJECT, id };
}

/** All endpoints, page by page. */
export async function endpointsOf(platform: Pick<Platform, 'endpoints'>): Promise<EndpointView[]> {
  const all: EndpointView[] = [];
  for (let after: string | undefined; ; ) {
    const { endpoints, next } = await platform.endpoints({ after, limit: 500 });
    all.push(...endpoints);
    if (next === null) return all;
    after = next;
  }
}

/** What a scripted client host does; it may also close the connection itself. */
export interface ClientHostScript {
  onAuth?(connection: Connection, token: Token): void;
  onRun(connection: Connection, endpointId: EndpointId): Promise<RemoteResult<DiagnosticsReport>> | undefined;
}

async function answerDialBack(
  connection: Connection,
  signal: AbortSignal,
  script: ClientHostScript,
): Promise<void> {
  const auth = await connection.acceptStream({ signal });
  const request = decodeClientHostRequest(await readRequest(auth));
  if (request.type === 'auth') script.onAuth?.(connection, request.token);
  if (connection.closeReason !== null) return;
  await respond(auth, new Uint8Array(0));
  const run = await connection.acceptStream({ signal });
  await readRequest(run);
  const answer = await script.onRun(connection, connection.remoteId);
  if (answer !== undefined) await respond(run, encodeReportResult(answer));
  await connection.closed();
}

export const IN_A_DAY = Math.floor(Date.now() / 1000) + 86_400;

/** A client token for this endpoint. */
export function clientToken(secret: ApiSecret, endpoint: Endpoint, expiresAt = IN_A_DAY): Token {
  return secret.issueToken(endpoint.id, Caps.of('client'), expiresAt);
}

/** A collected connection is closed with code 0: a test that drops its own must not lose its session. */
const held: Connection[] = [];

export async function connect(endpoint: Endpoint, platform: Pick<Platform, 'address'>): Promise<Connection> {
  const connection = await endpoint.connect(platform.address, SERVICES_ALPN);
  held.push(connection);
  return connection;
}

/** Sends one request. */
export function ask(connection: Connection, request: ServicesRequest): Promise<Uint8Array> {
  return call(connection, encodeServicesRequest(request), { timeoutMs: 10_000 });
}

/** Sends one request whose answer is a result without a value. */
export async function tell(connection: Connection, request: ServicesRequest): Promise<RemoteResult<void>> {
  return decodeUnitResult(await ask(connection, request));
}

/** A connection that has shown its token. */
export async function openSession(
  endpoint: Endpoint,
  platform: Pick<Platform, 'address'>,
  secret: ApiSecret,
): Promise<Connection> {
  const connection = await connect(endpoint, platform);
  await ask(connection, { type: 'auth', token: clientToken(secret, endpoint) });
  return connection;
}

/** The grant that enables the button. */
export function grantToken(
  endpoint: Endpoint,
  platform: Pick<Platform, 'id'>,
  caps = Caps.of('net-diagnostics:get-any'),
  expiresAt: number | null = IN_A_DAY,
): Token {
  return Token.issue({ issuer: endpoint.secretKey(), audience: platform.id, caps, expiresAt });
}

export function sampleReport(endpointId: EndpointId): DiagnosticsReport {
  return {
    endpointId,
    netReport: {
      udpV4: true,
      udpV6: true,
      mappingVariesByDestIpv4: false,
      mappingVariesByDestIpv6: null,
      preferredRelay: 'https://relay1.test/',
      relayLatency: {
        ipv4: [
          { relayUrl: 'https://relay1.test/', latencyMs: 23.4 },
          { relayUrl: 'https://relay2.test/', latencyMs: 41.9 },
        ],
        ipv6: [{ relayUrl: 'https://relay1.test/', latencyMs: 21.7 }],
        https: [{ relayUrl: 'https://relay2.test/', latencyMs: 88.2 }],
      },
      globalV4: { family: 4, ip: '192.0.2.1', port: 60_246 },
      globalV6: { family: 6, ip: '2001:db8::1', port: 54_782 },
      captivePortal: false,
    },
    directAddrs: [
      { family: 4, ip: '10.0.0.7', port: 47_808 },
      { family: 4, ip: '192.0.2.1', port: 60_246 },
      { family: 6, ip: '2001:db8::1', port: 54_782 },
    ],
    portmapProbe: { upnp: true, pcp: false, natPmp: false },
    irohVersion: '1.0.0',
    irohServicesVersion: '1.0.0',
  };
}

export function newId(): Uint8Array {
  return new Uint8Array(randomBytes(16));
}
