import { family, list, ms, object, oneOf, type Properties, ref } from './json-schema.js';

/** Who looked, and where what they saw is kept. */
export const PROBES: Properties = {
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
      homeRelays: list(ref('homeRelay'), 'Relays that the endpoint is connected to.'),
      names: list(ref('name'), 'What name servers say.'),
      portals: list(ref('portal'), 'Answers to captive-portal checks.'),
      interceptions: list(ref('interception'), 'Certificates of somebody who opens TLS.'),
      paths: list(ref('path'), 'Live paths of the endpoint.'),
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
};
