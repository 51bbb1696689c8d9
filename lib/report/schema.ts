import { REPORT_VERSION } from './constants.js';

/** The part of JSON Schema (draft 2020-12) that {@link REPORT_SCHEMA} is written in. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly $id?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly title?: string;
  readonly description?: string;
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null';
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly enum?: readonly (string | number | null)[];
  readonly const?: string | number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
}

type Properties = Readonly<Record<string, JsonSchema>>;

/** An object with these members; those of `optional` may lack. More may come with a later release. */
function object(properties: Properties, optional: Properties = {}): JsonSchema {
  return {
    type: 'object',
    properties: { ...properties, ...optional },
    required: Object.keys(properties),
  };
}

const ref = (name: string): JsonSchema => ({ $ref: `#/$defs/${name}` });
const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
const orNull = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });
const oneOf = (...values: (string | number | null)[]): JsonSchema => ({ enum: values });
const text = (description: string): JsonSchema => ({ type: 'string', description });

const BOOLEAN: JsonSchema = { type: 'boolean' };
const FAMILY = oneOf(4, 6);
const MS: JsonSchema = { type: 'number', minimum: 0, description: 'Milliseconds.' };
const PORT: JsonSchema = { type: 'integer', minimum: 0, maximum: 65_535 };

/** A conclusion with one of these values, or unknown. */
function judged(...values: string[]): JsonSchema {
  return object({ value: oneOf(...values, 'unknown'), reason: ref('text'), evidence: list(ref('text')) });
}

/**
 * Every kind of text in a report has a name of its own here, even where the checks are the same: redaction goes by
 * these names.
 */
const TEXTS: Properties = {
  word: text('A code, a name of a probe or of a program; tells nothing about the machine.'),
  timestamp: text('ISO 8601, UTC.'),
  text: text('Prose or a reference; may name addresses and hosts.'),
  foreign: text('What somebody else calls himself, e.g. the issuer of a certificate.'),
  interface: text('A network interface.'),
  ip: text('An IP address.'),
  socketAddress: text('`1.2.3.4:5` or `[::1]:5`.'),
  hostPort: text('`host:port`.'),
  url: text('An http or https URL.'),
  peer: text("A peer's socket address, or a relay's URL."),
  endpointId: text('64 hexadecimal digits.'),
  detail: text('More for the reader, never judged.'),
};

const SEEN: Properties = {
  route: object(
    { family: FAMILY, destination: ref('ip'), sourceIp: orNull(ref('ip')) },
    { refusal: ref('word'), gateway: orNull(ref('ip')), interface: ref('interface'), tunnel: BOOLEAN },
  ),
  latency: object({ relayUrl: ref('url'), kind: oneOf('ipv4', 'ipv6', 'https'), ms: MS }),
  address: object(
    {
      family: FAMILY,
      local: ref('socketAddress'),
      destinationIp: ref('ip'),
      observed: ref('socketAddress'),
    },
    { again: ref('socketAddress') },
  ),
  silence: object({ family: FAMILY, relayUrl: ref('url') }),
  refusal: object({ family: FAMILY, relayUrl: ref('url'), code: ref('word') }),
  portal: object({
    relayUrl: ref('url'),
    answer: oneOf('right', 'own-https', 'client-error', 'wrong'),
    status: { type: 'integer' },
  }),
  interception: object({ relayUrl: ref('url'), issuer: ref('foreign') }),
  path: object({ remoteAddr: ref('peer'), isRelay: BOOLEAN }),
  portMapping: object(
    { protocol: oneOf('upnp', 'pcp', 'natPmp'), available: BOOLEAN, gateway: ref('ip') },
    { externalIp: ref('ip'), refusal: ref('word') },
  ),
  stunAnswer: object(
    {
      server: ref('hostPort'),
      family: FAMILY,
      result: oneOf('answered', 'error', 'silent', 'cut', 'refused', 'unresolved'),
    },
    { ip: ref('ip'), ms: MS, code: ref('word'), rewrittenTo: ref('socketAddress') },
  ),
  filtering: object({
    family: FAMILY,
    local: ref('socketAddress'),
    server: ref('socketAddress'),
    other: ref('socketAddress'),
    fromOtherIp: ref('changedAnswer'),
    fromOtherPort: ref('changedAnswer'),
    isSteady: BOOLEAN,
  }),
  changedAnswer: oneOf('arrived', 'silent', 'refused', 'ignored', 'cut'),
  viaProxy: object({ relayUrl: ref('url'), proxy: ref('hostPort'), ms: MS }),
};

const PROBES: Properties = {
  observation: object(
    {},
    {
      routes: list(ref('route')),
      latencies: list(ref('latency')),
      addresses: list(ref('address')),
      silences: list(ref('silence')),
      refusals: list(ref('refusal')),
      portals: list(ref('portal')),
      interceptions: list(ref('interception')),
      paths: list(ref('path')),
      portMappings: list(ref('portMapping')),
      stun: list(ref('stunAnswer')),
      filterings: list(ref('filtering')),
      viaProxy: list(ref('viaProxy')),
      details: {
        type: 'object',
        additionalProperties: { anyOf: [ref('detail'), { type: 'number' }, BOOLEAN] },
      },
    },
  ),
  probe: object(
    {
      ref: ref('text'),
      probe: ref('word'),
      outcome: oneOf('ok', 'failed', 'timeout', 'skipped', 'unsupported', 'aborted'),
      startedMs: MS,
      durationMs: MS,
    },
    {
      target: ref('text'),
      family: FAMILY,
      error: object({ code: ref('word'), message: ref('text') }),
      observation: ref('observation'),
    },
  ),
};

const VERDICT: Properties = {
  fact: judged('yes', 'no'),
  family: object({
    routed: ref('fact'),
    udp: ref('fact'),
    publicAddress: object({
      value: orNull(ref('socketAddress')),
      reason: ref('text'),
      evidence: list(ref('text')),
    }),
    mapping: judged('none', 'endpoint-independent', 'endpoint-dependent'),
    filtering: judged('endpoint-independent', 'address-dependent', 'address-and-port-dependent'),
  }),
  verdict: object({
    ipv4: ref('family'),
    ipv6: ref('family'),
    relays: list(
      object({
        url: ref('url'),
        ipv4Ms: orNull(MS),
        ipv6Ms: orNull(MS),
        httpsMs: orNull(MS),
        answered: BOOLEAN,
      }),
    ),
    preferredRelay: orNull(ref('url')),
    captivePortal: ref('fact'),
    tlsIntercepted: ref('fact'),
    portMapping: object({ upnp: ref('fact'), pcp: ref('fact'), natPmp: ref('fact') }),
    upstreamNat: judged('certain', 'likely', 'none'),
    natType: object({
      value: oneOf('No NAT', 'Endpoint-Independent', 'Endpoint-Dependent', 'Unknown'),
      family: oneOf(4, 6, null),
      reason: ref('text'),
    }),
  }),
  summary: object({
    colour: oneOf('green', 'orange', 'red', 'grey'),
    sentence: ref('text'),
    nextSteps: list(ref('text')),
  }),
};

const CONTEXT: Properties = {
  settings: object({
    relays: list(object({ url: ref('url'), quicPort: orNull(PORT) })),
    relaysFrom: oneOf('settings', 'home-relay', 'none'),
    stunServers: list(ref('hostPort')),
    probes: list(ref('word')),
  }),
  endpoint: object({
    endpointId: ref('endpointId'),
    directAddrs: list(object({ family: FAMILY, ip: ref('ip'), port: PORT })),
    homeRelay: orNull(ref('url')),
    paths: list(ref('path')),
  }),
};

/**
 * JSON Schema (draft 2020-12) of the local report; the package publishes it as `iroh-net-diagnostics/schema.json`.
 * Members may be added within a version: a reader ignores what it does not know.
 */
export const REPORT_SCHEMA: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: `urn:iroh-net-diagnostics:local-report:${REPORT_VERSION}`,
  title: 'Local report of iroh-net-diagnostics',
  ...object({
    version: { const: REPORT_VERSION },
    generator: ref('word'),
    startedAt: ref('timestamp'),
    durationMs: MS,
    deadlineMs: MS,
    endedBy: oneOf('finished', 'deadline', 'aborted', 'no-route'),
    settings: ref('settings'),
    endpoint: orNull(ref('endpoint')),
    notes: list(ref('text')),
    probes: list(ref('probe')),
    verdict: ref('verdict'),
    summary: ref('summary'),
  }),
  $defs: { ...CONTEXT, ...PROBES, ...VERDICT, ...SEEN, ...TEXTS },
};
