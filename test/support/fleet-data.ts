/** A store as it is after months with a fleet: for figures, and for pages that have to bear it. */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { randomFrom } from '../../bench/support/random.js';
import { reportFacts } from '../../lib/services/index.js';
import { type DiagnosticsReport, type EndpointId, SecretKey } from '../../lib/wire/index.js';
import { openIdentity } from '../../platform/identities/index.js';
import { openLibsql } from '../../platform/store/libsql-driver.js';
import { MIGRATIONS } from '../../platform/store/migrations/index.js';
import { formatMetricValues } from '../../platform/store/rows.js';
import type { SqlDatabase } from '../../platform/store/sql-database.js';
import type { Batch, Cell } from '../../platform/transfer/format.js';
import { writeStore } from '../../platform/transfer/write-store.js';

export interface FleetOptions {
  /** The platform's id, which the secrets name. */
  identity: EndpointId;
  /** Default: 10,000. A thousand of them share a secret. */
  endpoints?: number;
  /** Of all endpoints together, spread evenly. Default: 100 for each. */
  reports?: number;
  /** Over how many days up to now the reports are spread. Default: 90. */
  days?: number;
  /** Unix milliseconds. Default: now. */
  now?: number;
  /** Another fleet for another text. */
  seed?: string;
  /** Told after each batch. */
  onProgress?: (table: string, rows: number) => void;
}

const BATCH = 500;
const DAY_MS = 86_400_000;
const ENDPOINTS_PER_SECRET = 1_000;
const BODIES = 600;
const SERVICES = ['checkout', 'search', 'sync', 'gateway', 'mailer', 'Übersicht', 'cache', 'payments'];
const REGIONS = ['eu-central', 'eu-west', 'us-east', 'us-west', 'ap-south'];
const VERSIONS = ['1.0.0', '1.0.1', '1.1.0', '2.0.0'];
const RELAYS = ['use1-1', 'usw1-1', 'euc1-1', 'aps1-1'].map((name) => `https://${name}.relay.example./`);
const GRANT = 'net-diagnostics:get-any net-diagnostics:put-any metrics:put-any';

/** Fills an empty database, in one transaction and in minutes. Nobody is online. */
export async function fillFleet(database: SqlDatabase, options: FleetOptions): Promise<void> {
  const { identity, now = Date.now(), onProgress = () => {} } = options;
  const head = {
    ...{ schema: MIGRATIONS.length, exportedAt: now },
    ...{ identities: [identity], projects: ['default'], hasKeys: false },
  };
  const batches = new Fleet({ ...options, now }).batches();
  const signal = new AbortController().signal;
  await writeStore(database, { head, keys: new Map(), batches }, { seal: null, signal, onProgress });
}

/** Makes a data folder with a key and a fleet. */
export async function fillFolder(dataDir: string, options: Omit<FleetOptions, 'identity'>): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const { id } = await openIdentity(dataDir);
  const database = await openLibsql(join(dataDir, 'platform.db'));
  try {
    await fillFleet(database, { ...options, identity: id });
  } finally {
    await database.close();
  }
}

type Row = Readonly<Record<string, Cell>>;

interface Endpoint {
  id: EndpointId;
  secret: number;
  /** The network it mostly is in. */
  network: number;
  name: string;
  random: () => number;
}

/** A report's text but for the endpoint's id, and what lies in columns beside it. */
interface Body {
  before: string;
  after: string;
  bytes: number;
  facts: Row;
}

/** Always the same fleet for the same options. */
class Fleet {
  readonly #identity: EndpointId;
  readonly #now: number;
  readonly #reports: number;
  readonly #stepMs: number;
  readonly #seed: string;
  readonly #endpoints: readonly Endpoint[];
  readonly #secrets: readonly EndpointId[];
  /** By network. */
  readonly #bodies: readonly (readonly Body[])[];

  constructor({
    identity,
    endpoints = 10_000,
    reports,
    days = 90,
    now,
    seed = 'fleet',
  }: FleetOptions & { now: number }) {
    this.#identity = identity;
    this.#now = now;
    this.#seed = seed;
    this.#reports = reports ?? endpoints * 100;
    this.#stepMs = (days * DAY_MS) / Math.max(1, this.#reports);
    this.#secrets = Array.from({ length: Math.ceil(endpoints / ENDPOINTS_PER_SECRET) }, (_, index) =>
      idFrom(`${seed} secret ${index}`),
    );
    this.#endpoints = Array.from({ length: endpoints }, (_, index) => this.#endpoint(index));
    this.#bodies = NETWORKS.map((_, network) =>
      Array.from({ length: BODIES }, (_, index) => body(network, randomFrom(`${seed} ${network} ${index}`))),
    );
  }

  async *batches(): AsyncGenerator<Batch> {
    yield* inBatches('projects', [{ id: 'default', name: 'Default', created_at: 0 }]);
    yield* inBatches('identities', [{ id: this.#identity, created_at: this.#now - 200 * DAY_MS, token: 0 }]);
    yield* inBatches(
      'api_secrets',
      this.#secrets.map((id, index) => this.#secretRow(id, index)),
    );
    yield* inBatches('endpoints', this.#endpointRows());
    yield* inBatches('endpoint_attributes', this.#attributeRows());
    yield* inBatches('grants', this.#grantRows());
    yield* inBatches('metric_schemas', [{ project: 'default', ...METRICS_SCHEMA }]);
    yield* inBatches('metrics', this.#metricsRows());
    yield* inBatches('reports', this.#reportRows());
  }

  #endpoint(index: number): Endpoint {
    const random = randomFrom(`${this.#seed} endpoint ${index}`);
    const network = pick(NETWORK_SHARES, random);
    return {
      id: idFrom(`${this.#seed} endpoint ${index}`),
      secret: Math.floor(index / ENDPOINTS_PER_SECRET),
      network,
      name: `${pick(SERVICES, random)}-${String(index).padStart(5, '0')}`,
      random,
    };
  }

  #secretRow(id: EndpointId, index: number): Row {
    const at = this.#now - 180 * DAY_MS + index * 60_000;
    return {
      ...{ key_id: id, project: 'default', identity: this.#identity, label: `team ${index + 1}` },
      ...{ created_at: at, revoked_at: null },
    };
  }

  *#endpointRows(): Generator<Row> {
    for (const [index, endpoint] of this.#endpoints.entries()) {
      const numbers = this.#numbersOf(index);
      const bodies = numbers.map((number) => this.#bodyOf(endpoint, number));
      const last = numbers.at(-1);
      const seenAt = last === undefined ? this.#now : this.#timeOf(last) + 60_000;
      const { attributes, group } = describe(index);
      const grant = grantOf(index, this.#now);
      yield {
        ...{ project: 'default', id: endpoint.id, identity: this.#identity },
        ...{ name: endpoint.name, name_key: endpoint.name.toLowerCase(), group_name: group },
        attributes: JSON.stringify(attributes),
        ...{ issuer: this.#secrets[endpoint.secret] ?? '', expires_at: null },
        ...{ first_seen_at: this.#now - 170 * DAY_MS + index * 1_000, last_seen_at: seenAt, is_online: 0 },
        address: JSON.stringify({
          id: endpoint.id,
          relayUrls: [RELAYS[index % RELAYS.length]],
          directAddrs: [{ family: 4, ip: ipv4(index), port: 20_000 + (index % 40_000) }],
        }),
        shared_identity_at: null,
        ...(grant === null ? NO_GRANT : { grant_caps: GRANT, ...grant, can_dial_back: 1 }),
        ...(last === undefined ? NO_REPORT : this.#latest(endpoint, last)),
        report_count: bodies.length,
        stored_bytes: bodies.reduce((sum, { bytes }) => sum + bytes, 0),
      };
    }
  }

  #latest(endpoint: Endpoint, number: number): Row {
    const { id, received_at, source, duration_ms } = this.#headOf(number);
    return {
      ...{ report_id: id ?? null, report_at: received_at ?? null },
      ...{ report_source: source ?? null, report_duration_ms: duration_ms ?? null },
      ...this.#bodyOf(endpoint, number).facts,
    };
  }

  *#attributeRows(): Generator<Row> {
    for (const [index, { id }] of this.#endpoints.entries()) {
      for (const [key, value] of Object.entries(describe(index).attributes))
        yield { project: 'default', endpoint_id: id, key, value };
    }
  }

  *#grantRows(): Generator<Row> {
    for (const [index, { id }] of this.#endpoints.entries()) {
      const grant = grantOf(index, this.#now);
      if (grant === null) continue;
      yield {
        ...{ project: 'default', endpoint_id: id, identity: this.#identity, caps: GRANT },
        token: createHash('sha512').update(id).digest('hex').repeat(2),
        ...{ expires_at: grant.grant_expires_at, granted_at: grant.granted_at },
      };
    }
  }

  *#metricsRows(): Generator<Row> {
    for (const [index, { id, random }] of this.#endpoints.entries()) {
      yield {
        ...{ project: 'default', endpoint_id: id, session_id: hex(`${id} session`, 32) },
        schema_hash: METRICS_SCHEMA.hash,
        values_json: formatMetricValues(
          METRICS.map(() => ({ type: 'counter' as const, value: BigInt(Math.floor(random() * 1e9)) })),
        ),
        updated_at: this.#now - index * 1_000,
      };
    }
  }

  *#reportRows(): Generator<Row> {
    for (let number = 0; number < this.#reports; number += 1) {
      const endpoint = this.#endpoints[this.#indexOf(number)];
      if (endpoint === undefined) continue;
      const { before, after, bytes, facts } = this.#bodyOf(endpoint, number);
      yield {
        ...this.#headOf(number),
        ...{ project: 'default', endpoint_id: endpoint.id },
        ...facts,
        bytes,
        report: before + endpoint.id + after,
      };
    }
  }

  /** Everybody reports once in each round, and in another order than that of the ids. */
  #indexOf(number: number): number {
    return number % this.#endpoints.length;
  }

  #numbersOf(index: number): number[] {
    const numbers: number[] = [];
    for (let number = index; number < this.#reports; number += this.#endpoints.length) numbers.push(number);
    return numbers;
  }

  #headOf(number: number): Row {
    const at = this.#timeOf(number);
    const isDialBack = number % 50 === 0;
    return {
      id: at.toString(16).padStart(12, '0') + (number % 2 ** 32).toString(16).padStart(8, '0'),
      source: isDialBack ? 'dial-back' : 'upload',
      received_at: at,
      duration_ms: isDialBack ? 700 + (number % 900) : null,
    };
  }

  #timeOf(number: number): number {
    return Math.round(this.#now - (this.#reports - number) * this.#stepMs);
  }

  /** Mostly of the endpoint's own network; one report in twenty is made elsewhere. */
  #bodyOf({ network }: Endpoint, number: number): Body {
    const mixed = Math.imul(number + 1, 2_654_435_761) >>> 0;
    const where = mixed % 20 === 0 ? mixed % NETWORKS.length : network;
    const body = this.#bodies[where]?.[(mixed >>> 8) % BODIES];
    if (body === undefined) throw new Error('no such network');
    return body;
  }
}

/** What iroh finds: UDP over IPv4 and IPv6, and whether the NAT's mapping varies. */
const NETWORKS = [
  { udpV4: true, udpV6: true, variesV4: false, variesV6: false },
  { udpV4: true, udpV6: false, variesV4: false, variesV6: null },
  { udpV4: true, udpV6: false, variesV4: true, variesV6: null },
  { udpV4: false, udpV6: false, variesV4: null, variesV6: null },
  { udpV4: false, udpV6: true, variesV4: null, variesV6: false },
] as const;
/** How often each of them is met. */
const NETWORK_SHARES = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 4];

function body(network: number, random: () => number): Body {
  const { udpV4, udpV6, variesV4, variesV6 } = NETWORKS[network] ?? NETWORKS[0];
  const latencies = (factor: number) =>
    RELAYS.map((relayUrl) => ({ relayUrl, latencyMs: Math.round(random() * factor * 1e6) / 1e6 }));
  const placeholder = '0'.repeat(64);
  const report: DiagnosticsReport = {
    endpointId: placeholder as EndpointId,
    // Some have no report of iroh's in time.
    netReport:
      random() < 0.01
        ? null
        : {
            ...{ udpV4, udpV6, mappingVariesByDestIpv4: variesV4, mappingVariesByDestIpv6: variesV6 },
            preferredRelay: pick(RELAYS, random),
            relayLatency: {
              ipv4: udpV4 ? latencies(180) : [],
              ipv6: udpV6 ? latencies(150) : [],
              https: latencies(600),
            },
            globalV4: udpV4 ? { family: 4, ip: ipv4(Math.floor(random() * 1e6)), port: 40_000 } : null,
            globalV6: udpV6
              ? { family: 6, ip: `2001:db8::${Math.floor(random() * 9999)}`, port: 40_001 }
              : null,
            captivePortal: random() < 0.02,
          },
    directAddrs: Array.from({ length: 2 + Math.floor(random() ** 4 * 60) }, (_, index) => ({
      family: 4 as const,
      ip: `10.${index}.${Math.floor(random() * 255)}.7`,
      port: 47_808,
    })),
    portmapProbe: { upnp: random() < 0.4, pcp: random() < 0.1, natPmp: random() < 0.2 },
    irohVersion: pick(VERSIONS, random),
    irohServicesVersion: pick(VERSIONS, random),
  };
  const text = JSON.stringify(report);
  const [before = '', after = ''] = text.split(placeholder);
  const facts = reportFacts(report, null);
  return {
    ...{ before, after, bytes: Buffer.byteLength(text) },
    facts: {
      ...{ level: facts.level, nat_type: facts.natType, nat_type_by: facts.natTypeBy },
      ...{ udp_v4: bit(facts.udpV4), udp_v6: bit(facts.udpV6) },
      ...{ varies_v4: bit(facts.mappingVariesByDestIpv4), varies_v6: bit(facts.mappingVariesByDestIpv6) },
      ...{ iroh_version: facts.irohVersion, services_version: facts.irohServicesVersion },
    },
  };
}

const NO_REPORT: Row = {
  ...{ report_id: null, report_at: null, report_source: null, report_duration_ms: null },
  ...{ level: null, nat_type: null, udp_v4: null, udp_v6: null, varies_v4: null, varies_v6: null },
  ...{ nat_type_by: null, iroh_version: null, services_version: null },
};
const NO_GRANT: Row = { grant_caps: null, grant_expires_at: null, granted_at: null, can_dial_back: 0 };

/** One in ten has given none; one in ten gave one that has expired. */
function grantOf(index: number, now: number): { grant_expires_at: number; granted_at: number } | null {
  if (index % 10 === 3) return null;
  const days = index % 10 === 7 ? -3 : 30;
  return { grant_expires_at: Math.floor((now + days * DAY_MS) / 1000), granted_at: now - 20 * DAY_MS };
}

function describe(index: number): { group: string; attributes: Record<string, string> } {
  const group = index % 10 < 7 ? 'production' : index % 10 < 9 ? 'staging' : 'ci';
  const region = REGIONS[index % REGIONS.length] ?? '';
  return { group, attributes: { region, version: `3.${index % 12}.0`, host: `host-${index % 400}` } };
}

const METRICS = [
  ...['send_ipv4', 'send_ipv6', 'send_relay', 'recv_data_ipv4', 'recv_data_ipv6', 'recv_data_relay'],
  ...[
    'recv_datagrams',
    'num_conns_opened',
    'num_conns_closed',
    'paths_direct',
    'paths_relay',
    'holepunch_attempts',
  ],
];
const METRICS_SCHEMA = metricsSchema();

function metricsSchema() {
  const items = METRICS.map((name) => ({ type: 'counter', name, prefixes: ['magicsock'], labels: [] }));
  const schema_json = JSON.stringify({ items, help: null });
  return { hash: hex(schema_json, 32), types: 'c'.repeat(METRICS.length), schema_json };
}

function* inBatches(table: string, rows: Iterable<Row>): Generator<Batch> {
  let columns: readonly string[] = [];
  let cells: (readonly Cell[])[] = [];
  for (const row of rows) {
    if (columns.length === 0) columns = Object.keys(row);
    cells.push(columns.map((column) => row[column] ?? null));
    if (cells.length < BATCH) continue;
    yield { table, columns, rows: cells, line: null };
    cells = [];
  }
  if (cells.length > 0) yield { table, columns, rows: cells, line: null };
}

function idFrom(text: string): EndpointId {
  return SecretKey.fromBytes(createHash('sha256').update(text).digest()).id;
}

function hex(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}

function ipv4(number: number): string {
  return `198.51.${(number >>> 8) % 256}.${number % 256}`;
}

function pick<T>(list: readonly T[], random: () => number): T {
  const one = list[Math.floor(random() * list.length)];
  if (one === undefined) throw new Error('an empty list');
  return one;
}

function bit(value: boolean | null): number | null {
  return value === null ? null : Number(value);
}
