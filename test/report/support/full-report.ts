import type { LocalReport } from '../../../lib/report/index.js';

/** All members, the optional ones too: a new one does not compile until it stands here, and so in the schema. */
type Full<T> = T extends readonly (infer E)[]
  ? readonly Full<E>[]
  : T extends object
    ? { [K in keyof T]-?: Full<Exclude<T[K], undefined>> }
    : T;

export const ENDPOINT_ID = '1d'.repeat(32);

const ref = 'https https://relay.corp.example:8443/';
const judged = { reason: 'because', evidence: [ref] };
const fact = { ...judged, value: 'yes' } as const;
const family = {
  routed: fact,
  udp: fact,
  lossy: fact,
  publicAddress: { ...judged, value: '203.0.113.66:40000' },
  mapping: { ...judged, value: 'endpoint-independent' },
  filtering: { ...judged, value: 'address-dependent' },
} as const;

/** A report with something everywhere. */
export const FULL_REPORT: Full<LocalReport> = {
  version: 1,
  generator: 'iroh-net-diagnostics/0.1.0',
  startedAt: '2026-01-02T03:04:05.678Z',
  durationMs: 123.4,
  deadlineMs: 3000,
  endedBy: 'finished',
  settings: {
    relays: [{ url: 'https://relay.corp.example:8443/', quicPort: 7842, isQuicPortKnown: true }],
    relaysFrom: 'settings',
    stunServers: ['stun.corp.example:3478', '[2001:db8::9]:3478', 'nas:3478'],
    probes: ['route', 'stun'],
  },
  endpoint: {
    endpointId: ENDPOINT_ID,
    directAddrs: [
      { family: 4, ip: '192.168.1.100', port: 4433 },
      { family: 6, ip: '2001:db8::7', port: 4433 },
    ],
    homeRelay: 'https://relay.corp.example:8443/',
    paths: [{ remoteAddr: '198.51.100.9:4433', isRelay: false, received: 23 }],
  },
  notes: ['A note about relay.corp.example.'],
  probes: [
    {
      ref,
      probe: 'https',
      target: 'https://relay.corp.example:8443/',
      family: 4,
      outcome: 'failed',
      startedMs: 1,
      durationMs: 2,
      error: {
        code: 'ERR_TLS_CERT_ALTNAME_INVALID',
        message:
          "Hostname/IP does not match certificate's altnames: Host: relay.corp.example. is not in the cert's altnames: DNS:proxy, DNS:*.corp.example",
      },
      observation: {
        routes: [
          {
            family: 4,
            destination: '203.0.113.10',
            sourceIp: '192.168.1.100',
            refusal: 'ENETUNREACH',
            gateway: '192.168.1.1',
            interface: 'wg-corp',
            tunnel: false,
            isReference: true,
          },
        ],
        unresolved: [{ host: 'relay.corp.example', code: 'EAI_AGAIN', mayHaveAddress: true }],
        latencies: [{ relayUrl: 'https://relay.corp.example:8443/', kind: 'https', ms: 20 }],
        addresses: [
          {
            family: 4,
            local: '192.168.1.100:5000',
            destinationIp: '203.0.113.10',
            destinationPort: 7842,
            by: 'quic',
            observed: '203.0.113.66:40000',
            again: '203.0.113.66:40000',
          },
        ],
        silences: [{ family: 4, relayUrl: 'https://relay.corp.example:8443/', isKnown: true }],
        refusals: [{ family: 4, relayUrl: 'https://relay.corp.example:8443/', code: 'EPERM' }],
        quic: [
          {
            family: 4,
            relayUrl: 'https://relay.corp.example:8443/',
            destinationIp: '203.0.113.10',
            destinationPort: 7842,
            reached: 'stalled',
            sent: 8,
            acknowledged: 1,
            lost: 2,
            spanMs: 30,
            code: 'QAD_TIMEOUT',
          },
        ],
        access: [{ relayUrl: 'https://relay.corp.example:8443/', stage: 'tls', code: 'CERT_HAS_EXPIRED' }],
        homeRelays: [{ relayUrl: 'https://relay.corp.example:8443/' }],
        names: [
          {
            host: 'relay.corp.example',
            family: 4,
            result: 'silent',
            ips: ['203.0.113.10'],
            code: 'ETIMEOUT',
          },
        ],
        portals: [{ relayUrl: 'https://relay.corp.example:8443/', answer: 'wrong', status: 302 }],
        interceptions: [{ relayUrl: 'https://relay.corp.example:8443/', issuer: 'Corp Inc, Root' }],
        paths: [{ remoteAddr: 'https://relay.corp.example:8443/', isRelay: true, received: 4 }],
        peers: [
          {
            peer: ENDPOINT_ID,
            reached: 'direct',
            family: 4,
            remoteAddr: '198.51.100.9:4433',
            directMs: 34,
            watchedMs: 1200,
            echoed: 60,
            letsInStrangers: false,
            isPeerWell: true,
          },
        ],
        portMappings: [
          {
            protocol: 'upnp',
            available: true,
            gateway: '192.168.1.1',
            externalIp: '100.64.0.11',
            refusal: 'NOT_AUTHORIZED',
          },
        ],
        stun: [
          {
            server: 'nas:3478',
            family: 4,
            ip: '192.168.1.2',
            result: 'answered',
            ms: 1,
            code: 'STUN_420',
            rewrittenTo: '192.168.1.100:5000',
          },
        ],
        filterings: [
          {
            family: 4,
            local: '192.168.1.100:5001',
            server: '203.0.113.10:3478',
            other: '203.0.113.11:3479',
            fromOtherIp: 'silent',
            fromOtherPort: 'arrived',
            isSteady: true,
          },
        ],
        viaProxy: [
          { relayUrl: 'https://relay.corp.example:8443/', proxy: 'proxy.corp.example:3128', ms: 30 },
        ],
        details: { ip: '203.0.113.10', status: 200, ok: true, model: 'Box of Meier', homeRelay: 'none' },
      },
    },
  ],
  verdict: {
    ipv4: family,
    ipv6: family,
    relays: [
      {
        url: 'https://relay.corp.example:8443/',
        ipv4Ms: 1,
        ipv6Ms: 2,
        httpsMs: 3,
        answered: true,
        usable: fact,
      },
    ],
    preferredRelay: 'https://relay.corp.example:8443/',
    relayUsable: fact,
    relayProblem: { ...judged, kind: 'tls-hangs' },
    learnsAddress: fact,
    otherPorts: fact,
    captivePortal: fact,
    tlsIntercepted: fact,
    portMapping: { upnp: fact, pcp: fact, natPmp: fact, reachable: fact },
    upstreamNat: { ...judged, value: 'certain', reason: '192.168.1.1 names 100.64.0.11, not 203.0.113.66' },
    natType: { value: 'Endpoint-Independent', family: 4, reason: 'seen by 203.0.113.10' },
    peer: {
      ...fact,
      family: 4,
      reason: `a direct path to the peer ${ENDPOINT_ID.slice(0, 10)} came up over IPv4`,
    },
  },
  summary: { colour: 'green', sentence: 'UDP works.', nextSteps: ['Ask for UDP to relay.corp.example.'] },
};
