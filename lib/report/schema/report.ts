import { REPORT_VERSION } from '../constants.js';
import {
  boolean,
  family,
  type JsonSchema,
  list,
  ms,
  object,
  oneOf,
  orNull,
  type Properties,
  port,
  ref,
  text,
} from './builders.js';
import { SEEN } from './seen.js';
import { VERDICT } from './verdict.js';

/** The settings and the endpoint. */
const CONTEXT = {
  settings: object('What was asked for.', {
    relays: list(ref('relayTarget'), 'The relays that were asked.'),
    relaysFrom: oneOf(
      ['settings', 'home-relay', 'none'],
      "Where they come from. `home-relay`: none were listed, so only the endpoint's home relay was asked.",
    ),
    stunServers: list(ref('hostPort'), 'The STUN servers that were asked.'),
    probes: list(ref('word'), 'Names of the probes that were allowed to run.'),
  }),
  relayTarget: object('A relay to ask.', {
    url: ref('url', 'Its URL, normalised.'),
    quicPort: orNull(
      port('A UDP port.'),
      'UDP port of its QUIC address discovery; `null`: it has none, so it is not asked over UDP.',
    ),
    isQuicPortKnown: boolean(
      "Whether that was said, or told by an answer before. `false`: it is iroh's default, which relays ship without.",
    ),
  }),
  endpoint: object('What the iroh endpoint knows about itself, copied at the start of the run.', {
    endpointId: ref('endpointId', 'Its public key.'),
    directAddrs: list(
      ref('directAddr'),
      'Addresses that it believes peers can dial. None of them proves that UDP works.',
    ),
    homeRelay: orNull(ref('url'), 'The relay under which peers find it; `null`: it has none now.'),
    paths: list(ref('path'), 'Paths of the connections that were open.'),
  }),
  directAddr: object('An IP address with a port.', {
    family: family(),
    ip: ref('ip', 'The address.'),
    port: port('The UDP port.'),
  }),
} as const satisfies Properties;

/** Runs of probes, and the frame of what they saw. */
const PROBES = {
  probe: object(
    'One run of one probe.',
    {
      ref: ref('text', 'Unique in the report; verdicts name their evidence by it.'),
      probe: ref('word', 'Name of the probe.'),
      outcome: oneOf(
        ['ok', 'failed', 'timeout', 'skipped', 'unsupported', 'aborted'],
        'How it ended. `timeout`: no answer in time; `skipped`: there was nothing to ask; `unsupported`: this machine cannot run it; `aborted`: the run was given up.',
      ),
      startedMs: ms("Milliseconds after the report's start."),
      durationMs: ms('Milliseconds.'),
    },
    {
      target: ref('text', "What was asked, e.g. a relay's URL. Absent: nothing in particular."),
      family: family('The address family. Absent: both, or none.'),
      error: ref('probeError', 'Why it is not `ok`.'),
      observation: ref('observation', 'What it saw.'),
    },
  ),
  probeError: object('Why a run of a probe is not `ok`.', {
    code: ref(
      'word',
      'A code of the system or of OpenSSL (`ECONNREFUSED`, `CERT_HAS_EXPIRED`), or one of ours (`HTTP_STATUS`).',
    ),
    message: ref('text', 'One sentence.'),
  }),
  observation: object(
    'Everything that one run of a probe saw. Each kind is absent when it saw none of it.',
    {},
    {
      routes: list(ref('route'), 'How datagrams would leave.'),
      unresolved: list(ref('unresolved'), 'Names that were looked up for their routes in vain.'),
      latencies: list(ref('latency'), 'How long relays took to answer.'),
      addresses: list(ref('address'), 'Our address as seen from outside.'),
      silences: list(ref('silence'), 'Relays that were silent over UDP.'),
      refusals: list(ref('refusal'), 'Relays to which this machine would not send.'),
      quic: list(ref('quic'), 'How far QUIC came with relays.'),
      access: list(ref('relayAccess'), 'How far iroh would come with relays.'),
      homeRelays: list(ref('homeRelay'), 'The home relay, if the endpoint is known to be connected to it.'),
      names: list(ref('name'), 'What name servers say.'),
      portals: list(ref('portal'), 'Answers to captive-portal checks.'),
      interceptions: list(ref('interception'), 'Certificates of somebody who opens TLS.'),
      paths: list(ref('path'), 'Live paths of the endpoint.'),
      peers: list(ref('triedPeer'), 'Peers that were tried.'),
      portMappings: list(ref('portMapping'), 'Answers of gateways.'),
      stun: list(ref('stunAnswer'), 'What STUN servers did.'),
      filterings: list(ref('filtering'), 'What came in unasked.'),
      viaProxy: list(ref('viaProxy'), 'Latencies through a proxy.'),
      details: {
        type: 'object',
        description: 'More for the reader, by name, e.g. the IP address that answered; never judged.',
        additionalProperties: { anyOf: [ref('detail'), { type: 'number' }, { type: 'boolean' }] },
      },
    },
  ),
} as const satisfies Properties;

/** Every kind of text in a report has its own name here, because redaction decides by these names. */
const TEXTS = {
  word: text('A code, a name of a probe or of a program; tells nothing about the machine.'),
  timestamp: text('ISO 8601, UTC.'),
  text: text('Prose or a reference; may name addresses and hosts.'),
  foreign: text('What somebody else calls himself, e.g. the issuer of a certificate.'),
  interface: text('A network interface.'),
  ip: text('An IP address.'),
  socketAddress: text('`1.2.3.4:5` or `[::1]:5`.'),
  host: text('A host name.'),
  hostPort: text('`host:port`.'),
  url: text('An http or https URL.'),
  peer: text("A peer's socket address, or a relay's URL."),
  endpointId: text('64 hexadecimal digits.'),
  detail: text('More for the reader, never judged.'),
} as const satisfies Properties;

/** The whole schema. It keeps the type of every part: a test derives `LocalReport` from it. */
export const REPORT = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: `urn:iroh-net-diagnostics:local-report:${REPORT_VERSION}`,
  title: 'Local report of iroh-net-diagnostics',
  ...object("One run's report: everything that was observed and concluded.", {
    version: {
      const: REPORT_VERSION,
      description: 'Of this document; it changes when a field changes its meaning or goes away.',
    },
    generator: ref('word', 'Who made it, with its version.'),
    startedAt: ref('timestamp', 'When the run began.'),
    durationMs: ms('How long it took, in milliseconds.'),
    deadlineMs: ms('How long it might have taken, in milliseconds.'),
    endedBy: oneOf(
      ['finished', 'deadline', 'aborted', 'no-route'],
      '`finished`: all probes are done; `deadline`: it was made of what was there; `aborted`: who asked for it gave up; `no-route`: this machine has no route to anywhere.',
    ),
    settings: ref('settings', 'What was asked for.'),
    endpoint: orNull(ref('endpoint'), 'The iroh endpoint; `null`: the report was made without one.'),
    notes: list(ref('text'), 'What a reader must know about how the report came about.'),
    probes: list(ref('probe'), 'Each run of each probe, those that failed included.'),
    verdict: ref('verdict', 'What follows from what was seen.'),
    summary: ref('summary', 'The verdict for a reader in a hurry.'),
  }),
  $defs: { ...CONTEXT, ...PROBES, ...VERDICT, ...SEEN, ...TEXTS },
} as const satisfies JsonSchema;
