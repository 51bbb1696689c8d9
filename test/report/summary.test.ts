import { describe, expect, it } from 'vitest';
import type { Colour, Observation } from '../../lib/report/index.js';
import {
  access,
  https,
  lossyQuic,
  openV6,
  quic,
  R1,
  R2,
  reportOf,
  route,
  seenAs,
  silence,
  stun,
} from './support/records.js';

const summaryOf = (observations: Observation[], relays = [R1, R2]) => reportOf(observations, relays).summary;

const there = '198.51.100.7:5000';
/** A relay to meet at, and QUIC that passes. */
const good = [access(R1), quic()];
const good6 = [access(R1), quic('sustained', R1, { family: 6 })];
const independent = [...good, seenAs(there), seenAs(there, '203.0.113.11')];
const dependent = [
  ...good,
  seenAs(there, '203.0.113.10', { again: there }),
  seenAs('198.51.100.7:5001', '203.0.113.11'),
];
const overHttps = [https(R1), https(R2), access(R1), access(R2)];
const blocked = [route(4), silence(4, R1), silence(4, R2), ...overHttps];
const wrongPortal: Observation = { portals: [{ relayUrl: R1, answer: 'wrong', status: 302 }] };
const intercepted: Observation = { interceptions: [{ relayUrl: R1, issuer: 'Corp' }] };
const noRelay = [access(R1, 'connect', 'NO_ANSWER'), access(R2, 'connect', 'NO_ANSWER')];
const maps: Observation = {
  portMappings: [{ protocol: 'upnp', available: true, gateway: '192.168.1.1', externalIp: '198.51.100.7' }],
};
const listedOnly: Observation = {
  routes: [
    { family: 4, destination: '192.0.2.1', sourceIp: null, refusal: 'ENETUNREACH', isReference: true },
    { family: 4, destination: '203.0.113.10', sourceIp: '192.168.1.100', gateway: '192.168.1.1' },
  ],
};
const silentServers = [stun('silent', 'a.test:3478'), stun('silent', 'b.test:3478')];

describe('summary', () => {
  it.each<[string, Colour, RegExp, Observation[]]>([
    [
      'Endpoint-Independent',
      'green',
      /Endpoint-Independent \(IPv4\): direct connections should work\. .*no other UDP port was tried/,
      independent,
    ],
    [
      'Endpoint-Independent, with a live path to a peer',
      'green',
      /direct connections should work\.$/,
      [...independent, { paths: [{ remoteAddr: '198.51.100.77:50000', isRelay: false }] }],
    ],
    [
      'a path that loses more than chance explains',
      'green',
      /direct connections should work\. .*Many packets are lost on the way/,
      [...independent, lossyQuic(8, 4)],
    ],
    [
      'the same behind a NAT of the other kind',
      'orange',
      /Endpoint-Dependent.*Many packets are lost on the way/,
      [...dependent, lossyQuic(8, 4)],
    ],
    ['UDP to the relays alone', 'orange', /not to others/, [...independent, ...silentServers]],
    [
      'no relay that iroh can use, UDP or not',
      'red',
      /TCP.*UDP works, but without a relay/,
      [quic(), seenAs(there), seenAs(there, '203.0.113.11'), ...noRelay],
    ],
    [
      'a relay whose use is unknown',
      'grey',
      /whether iroh can use a relay is unknown/,
      [quic(), seenAs(there), seenAs(there, '203.0.113.11')],
    ],
    [
      'expired certificates',
      'red',
      /expired, or this machine's clock/,
      [access(R1, 'tls', 'CERT_HAS_EXPIRED'), access(R2, 'tls', 'CERT_HAS_EXPIRED')],
    ],
    [
      'No NAT over IPv6 alone',
      'green',
      /over IPv6 \(No NAT\).*with peers that have IPv6/,
      [...good6, openV6()],
    ],
    [
      'IPv4 blocked beside an open IPv6',
      'green',
      /with peers that have IPv6\. UDP over IPv4 is blocked/,
      [...good6, openV6(), ...blocked],
    ],
    ['Endpoint-Dependent', 'orange', /often relayed/, dependent],
    [
      'Endpoint-Dependent, with a gateway that maps ports',
      'green',
      /the gateway offers to map ports.*which was not tried/,
      [...dependent, maps],
    ],
    [
      'one vantage point',
      'orange',
      /one vantage point cannot tell; add a second relay/,
      [...good, seenAs(there)],
    ],
    ['UDP blocked, IPv6 not routed', 'red', /UDP is blocked/, [...blocked, route(6, 'ENETUNREACH')]],
    ['UDP blocked, IPv6 routed but untested', 'orange', /none told over QUIC/, [...blocked, route(6)]],
    ['HTTPS only', 'grey', /answer over HTTPS; whether UDP works is unknown/, [route(4), https(R1)]],
    ['no answer at all', 'grey', /Nothing answered/, [route(4)]],
    ['no route', 'grey', /offline/, [route(4, 'ENETUNREACH'), route(6, 'ENETUNREACH')]],
    ['a captive portal', 'grey', /captive portal/, [route(4), wrongPortal]],
    [
      'a captive portal that lets UDP pass',
      'red',
      /^A captive portal.*UDP works past it/,
      [quic(), wrongPortal, access(R1, 'tls', 'X'), access(R2, 'tls', 'X')],
    ],
    [
      'a relay that iroh picks and cannot use, beside one that it could',
      'red',
      /^iroh picks the relay that answers fastest/,
      [
        ...[quic(), seenAs(there), seenAs(there, '203.0.113.11')],
        { latencies: [{ relayUrl: R1, kind: 'ipv4', ms: 5 }] },
        https(R2, 40),
        access(R1, 'connect', 'NO_ANSWER'),
        access(R2),
      ],
    ],
    [
      'a relay that iroh cannot use and does not pick',
      'green',
      /iroh cannot use relay1\.example\..*: peers whose relay that is are not reached/,
      [
        ...[quic(), seenAs(there), seenAs(there, '203.0.113.11')],
        { latencies: [{ relayUrl: R1, kind: 'ipv4', ms: 50 }] },
        https(R2, 4),
        access(R1, 'connect', 'NO_ANSWER'),
        access(R2),
      ],
    ],
    [
      'relays that answered over UDP and no further in time',
      'grey',
      /^A relay answers over UDP, but nothing more was seen in time/,
      [route(4), { latencies: [{ relayUrl: R1, kind: 'ipv4', ms: 900 }] }],
    ],
    ['TLS intercepted', 'grey', /TLS is intercepted/, [route(4), intercepted]],
    [
      'relays that tell no address',
      'orange',
      /none told over QUIC.*relay1.example. was silent.*connections are relayed/,
      [...overHttps, { silences: [R1, R2].map((relayUrl) => ({ family: 4, relayUrl, isKnown: false })) }],
    ],
    [
      'routes to the relays alone',
      'orange',
      /routes to the relays or servers alone/,
      [...independent, listedOnly],
    ],
    [
      'TLS intercepted at all relays',
      'red',
      /TLS is intercepted/,
      [route(4), intercepted, access(R1, 'tls', 'X'), access(R2, 'tls', 'X')],
    ],
  ])('%s: %s', (_, colour, sentence, observations) => {
    const summary = summaryOf(observations);
    expect(summary.colour).toBe(colour);
    expect(summary.sentence).toMatch(sentence);
  });

  it('says that no relay is configured, without denying that STUN servers were asked', () => {
    const summary = summaryOf([route(4)], []);
    expect(summary).toMatchObject({
      colour: 'grey',
      sentence: expect.stringContaining('No relay is configured'),
    });
    expect(summary.nextSteps).toEqual([expect.stringContaining('Configure relays')]);
  });

  it('is green beside a bad IPv4 where IPv6 is open, with peers that have it', () => {
    const summary = summaryOf([...dependent, ...good6, openV6()]);
    expect(summary.colour).toBe('green');
    expect(summary.sentence).toContain('with peers that have IPv6');
    expect(summary.sentence).toContain('often relayed with others');
    expect(summaryOf(dependent).sentence).not.toContain('IPv6');
  });

  it('names the next step', () => {
    const steps = (observations: Observation[], relays = [R1, R2]) =>
      summaryOf(observations, relays).nextSteps;
    expect(steps([...blocked, route(6, 'ENETUNREACH')])).toEqual([expect.stringContaining('7842')]);
    expect(steps([wrongPortal])).toEqual([expect.stringContaining('captive portal')]);
    expect(steps([intercepted])).toEqual([expect.stringContaining('TLS inspection')]);
    expect(steps([...good, seenAs(there)], [R1])).toEqual([
      expect.stringContaining('second relay'),
      expect.stringContaining('Try a peer'),
    ]);
    expect(steps(dependent)).toEqual([expect.stringContaining('Enable IPv6')]);
    expect(steps(independent)).toEqual([]);
  });

  it('advises UPnP only where a home-type gateway was seen', () => {
    const refused: Observation = {
      portMappings: [{ protocol: 'upnp', available: false, gateway: '192.168.1.1' }],
    };
    expect(summaryOf([...dependent, refused]).nextSteps).toContain('Enable UPnP on the gateway.');
    expect(summaryOf(dependent).nextSteps.join()).not.toContain('UPnP');
  });
});
