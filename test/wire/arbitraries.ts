import * as fc from 'fast-check';
import {
  type Attributes,
  type Capability,
  Caps,
  type ClientHostRequest,
  compareSocketAddr,
  type DiagnosticsReport,
  type EndpointAddress,
  type MetricSchema,
  type MetricsUpdate,
  type MetricValue,
  type NetReport,
  normaliseRelayUrl,
  parseSocketAddr,
  type RelayLatency,
  type RemoteFailure,
  SecretKey,
  type ServicesRequest,
  type SocketAddr,
  Token,
} from '../../lib/wire/index.js';

export const text = fc.string({ unit: 'binary', maxLength: 40 });
export const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
export const i64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
export const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });

export const secretKey = bytes(32).map((seed) => SecretKey.fromBytes(seed));
const endpointId = fc
  .integer({ min: 0, max: 15 })
  .map((n) => SecretKey.fromBytes(new Uint8Array(32).fill(n)).id);

const port = fc.nat(0xffff);
export const socketAddrV4 = fc.tuple(fc.ipV4(), port).map(([ip, p]) => parseSocketAddr(`${ip}:${p}`));
export const socketAddrV6 = fc.tuple(fc.ipV6(), port).map(([ip, p]) => parseSocketAddr(`[${ip}]:${p}`));
export const socketAddr: fc.Arbitrary<SocketAddr> = fc.oneof(socketAddrV4, socketAddrV6);

export const relayUrl = fc.webUrl().map((url) => normaliseRelayUrl(url) ?? 'https://relay.test/');
const uniqueSorted = (urls: string[]) => [...new Set(urls)].sort();

/** Whole nanoseconds below the limit, as milliseconds. */
export const latencyMs = fc
  .oneof(fc.integer({ min: 0, max: 10 ** 9 }), fc.maxSafeNat())
  .map((n) => (n % 2 ** 51) / 1e6);

export const capability = fc.constantFrom<Capability>(
  'all',
  'client',
  'relay:use',
  'metrics:put-any',
  'net-diagnostics:put-any',
  'net-diagnostics:get-any',
);
export const caps = fc.array(capability, { maxLength: 8 }).map((names) => Caps.of(...names));

export const token: fc.Arbitrary<Token> = fc
  .record({
    issuer: secretKey,
    audience: endpointId,
    caps,
    expiresAt: fc.option(fc.maxSafeNat()),
    origin: fc.oneof(
      fc.constant({ kind: 'issuer' as const }),
      endpointId.map((root) => ({ kind: 'delegation' as const, root })),
    ),
  })
  .map((request) => Token.issue(request));

export const endpointAddress: fc.Arbitrary<EndpointAddress> = fc.record({
  id: endpointId,
  relayUrls: fc.array(relayUrl, { maxLength: 4 }).map(uniqueSorted),
  directAddrs: fc
    .uniqueArray(socketAddr, { maxLength: 6, selector: (addr) => JSON.stringify(addr) })
    .map((addrs) => addrs.sort(compareSocketAddr)),
});

const latencies: fc.Arbitrary<RelayLatency[]> = fc
  .array(relayUrl, { maxLength: 4 })
  .chain((urls) =>
    fc.tuple(...uniqueSorted(urls).map((url) => fc.record({ relayUrl: fc.constant(url), latencyMs }))),
  );

export const netReport: fc.Arbitrary<NetReport> = fc.record({
  udpV4: fc.boolean(),
  udpV6: fc.boolean(),
  mappingVariesByDestIpv4: fc.option(fc.boolean()),
  mappingVariesByDestIpv6: fc.option(fc.boolean()),
  preferredRelay: fc.option(relayUrl),
  relayLatency: fc.record({ ipv4: latencies, ipv6: latencies, https: latencies }),
  globalV4: fc.option(socketAddrV4),
  globalV6: fc.option(socketAddrV6),
  captivePortal: fc.option(fc.boolean()),
});

export const report: fc.Arbitrary<DiagnosticsReport> = fc.record({
  endpointId,
  netReport: fc.option(netReport),
  directAddrs: fc.array(socketAddr, { maxLength: 6 }).map((addrs) => addrs.sort(compareSocketAddr)),
  portmapProbe: fc.option(fc.record({ upnp: fc.boolean(), pcp: fc.boolean(), natPmp: fc.boolean() })),
  irohVersion: text,
  irohServicesVersion: text,
});

const metricSchema: fc.Arbitrary<MetricSchema> = fc.record({
  type: fc.constantFrom('counter', 'gauge', 'histogram'),
  name: text,
  prefixes: fc.array(text, { maxLength: 3 }),
  labels: fc.array(fc.tuple(text, text), { maxLength: 3 }),
});

const metricValue: fc.Arbitrary<MetricValue> = fc.oneof(
  fc.record({ type: fc.constant('counter' as const), value: u64 }),
  fc.record({ type: fc.constant('gauge' as const), value: i64 }),
  fc.record({
    type: fc.constant('histogram' as const),
    buckets: fc.array(fc.tuple(fc.double(), u64), { maxLength: 4 }),
    sum: fc.double(),
    count: u64,
  }),
);

export const metricsUpdate: fc.Arbitrary<MetricsUpdate> = fc.record({
  schema: fc.option(
    fc.record({
      items: fc.array(metricSchema, { maxLength: 5 }),
      help: fc.option(fc.array(text, { maxLength: 5 })),
    }),
  ),
  values: fc.array(metricValue, { maxLength: 8 }),
});

const name = text.filter((candidate) => {
  const size = Buffer.byteLength(candidate);
  return size >= 2 && size <= 128;
});

/** Own keys of every kind: also such that an object's prototype has. */
export const attributes = fc
  .array(fc.tuple(fc.oneof(name, fc.constant('__proto__')), text), { maxLength: 6 })
  .map((entries): Attributes => Object.fromEntries(entries.filter(([, v]) => Buffer.byteLength(v) <= 128)));

export const servicesRequest: fc.Arbitrary<ServicesRequest> = fc.oneof(
  fc.record({ type: fc.constant('auth' as const), token }),
  fc.record({ type: fc.constant('put-metrics' as const), sessionId: bytes(16), update: metricsUpdate }),
  fc.record({ type: fc.constant('ping' as const), id: bytes(16) }),
  fc.record({ type: fc.constant('put-network-diagnostics' as const), report }),
  fc.record({ type: fc.constant('grant-cap' as const), token }),
  fc.record({ type: fc.constant('name-endpoint' as const), name }),
  fc.record({ type: fc.constant('set-group' as const), group: name }),
  fc.record({ type: fc.constant('set-attributes' as const), attributes }),
);

export const clientHostRequest: fc.Arbitrary<ClientHostRequest> = fc.oneof(
  fc.record({ type: fc.constant('auth' as const), token }),
  fc.record({ type: fc.constant('run-network-diagnostics' as const) }),
);

export const failure: fc.Arbitrary<RemoteFailure> = fc.oneof(
  fc.record({ kind: fc.constant('missing-capability' as const), caps }),
  fc.record({ kind: fc.constant('auth-error' as const), message: text }),
  fc.record({ kind: fc.constant('internal-server-error' as const) }),
  fc.record({ kind: fc.constant('invalid-input' as const), message: text }),
  fc.record({ kind: fc.constant('rate-limited' as const) }),
);
