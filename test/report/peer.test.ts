import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../bench/support/random.js';
import {
  type Colour,
  isGoodPeer,
  judge,
  type LocalReport,
  type Observation,
  type PeerSeen,
  summarise,
  type Verdict,
} from '../../lib/report/index.js';
import { endAll, planOf, worldFrom } from './support/random-runs.js';
import {
  access,
  directPeer,
  https,
  isPublicHere,
  openV6,
  otherPeer,
  PEER,
  PEER2,
  quic,
  R1,
  R2,
  reportOf,
  route,
  seenAs,
  silence,
  stun,
} from './support/records.js';

const there = '203.0.113.66:5000';
const ready = [route(4), access(R1), access(R2)];
const good = [...ready, quic()];
const independent = [...good, seenAs(there), seenAs(there, '203.0.113.11')];
const oneWitness = [...good, seenAs(there)];
const dependent = [
  ...good,
  seenAs(there, '203.0.113.10', { again: there }),
  seenAs('203.0.113.66:5001', '203.0.113.11'),
];
const udpUnknown = [...ready, https(R1)];
const blocked = [route(6, 'ENETUNREACH'), ...ready, https(R1), https(R2), silence(4, R1), silence(4, R2)];
const openSix = [quic('sustained', R1, { family: 6 }), openV6()];
const tellNothing: Observation = {
  silences: [R1, R2].map((relayUrl) => ({ family: 4, relayUrl, isKnown: false })),
};
const noRelay = [access(R1, 'connect', 'NO_ANSWER'), access(R2, 'connect', 'NO_ANSWER')];
const maps: Observation = {
  portMappings: [{ protocol: 'upnp', available: true, gateway: '192.168.1.1', externalIp: '203.0.113.66' }],
};
const listedOnly: Observation = {
  routes: [
    { family: 4, destination: '192.0.2.1', sourceIp: null, refusal: 'ENETUNREACH', isReference: true },
    { family: 4, destination: '203.0.113.10', sourceIp: '192.168.1.100', gateway: '192.168.1.1' },
  ],
};

const NAME = PEER.slice(0, 10);
const NAME2 = PEER2.slice(0, 10);

const peerOf = (observations: Observation[]) => reportOf(observations).verdict.peer;

describe('the verdict on peers that were tried', () => {
  it.each<[string, Verdict['peer']['value'], RegExp, Observation[]]>([
    ['none', 'unknown', /^no peer was tried$/, [...independent]],
    [
      'a direct path to a peer behind an ordinary router',
      'yes',
      /^a direct path to the peer 3f3f3f3f3f came up over IPv4 after 34 ms and kept carrying data$/,
      [...independent, directPeer()],
    ],
    ['the same over IPv6', 'yes', /over IPv6 after 34 ms/, [...independent, directPeer({ family: 6 })]],
    [
      'an IPv4 address in IPv6 form',
      'yes',
      /over IPv4/,
      [...independent, directPeer({ family: 6, remoteAddr: '[::ffff:198.51.100.77]:50000' })],
    ],
    [
      'a direct path to a peer that lets in strangers',
      'unknown',
      /lets in strangers: such a path need not be opened from both sides/,
      [...independent, directPeer({ letsInStrangers: true })],
    ],
    [
      'an address that cannot be read',
      'unknown',
      /whether that peer lets in strangers, as no ordinary router does, is not known/,
      [...independent, directPeer({ remoteAddr: 'somewhere' })],
    ],
    ...['192.168.1.20:50000', '203.0.113.66:50000'].map(
      (remoteAddr) =>
        [
          `a direct path to ${remoteAddr}, within the own network`,
          'unknown',
          /within this network, which says nothing about the Internet/,
          [...independent, directPeer({ remoteAddr })],
        ] as [string, 'unknown', RegExp, Observation[]],
    ),
    [
      'a direct path within the own IPv6 network',
      'unknown',
      /within this network/,
      [...independent, route(6), directPeer({ family: 6, remoteAddr: '[2001:db8:1::77]:50000' })],
    ],
    ...[7842, 443].map(
      (port) =>
        [
          `a direct path to port ${port}, as relays have it`,
          'unknown',
          /of other UDP ports it says nothing/,
          [...independent, directPeer({ remoteAddr: `198.51.100.77:${port}` })],
        ] as [string, 'unknown', RegExp, Observation[]],
    ),
    [
      'a relayed connection to a peer that is well',
      'no',
      /^with the peer 3f3f3f3f3f, whose own report is green, the connection stayed relayed for 6 s$/,
      [...independent, otherPeer()],
    ],
    [
      'one that was watched for too short a time',
      'unknown',
      /was relayed in the 2\.5 s for which it was watched, too few to tell/,
      [...independent, otherPeer({ watchedMs: 2500 })],
    ],
    [
      'a relayed connection to a peer that is not well',
      'unknown',
      /whose own report is not green over IPv4, the connection stayed relayed/,
      [...independent, otherPeer({ isPeerWell: false })],
    ],
    [
      'a relayed connection whose direct path did not last',
      'no',
      /stayed relayed for 6 s \(a direct path came up and did not last\)$/,
      [...independent, otherPeer({ family: 4, remoteAddr: '198.51.100.77:50000', directMs: 34 })],
    ],
    [
      'a relayed connection whose direct path led into the own network, and did not last',
      'unknown',
      /; but that peer stands in this network$/,
      [...independent, otherPeer({ family: 4, remoteAddr: '192.168.1.20:50000' })],
    ],
    [
      'a relayed connection from a machine without IPv4, in which peers are well',
      'unknown',
      /this machine has no IPv4, and the peer may have no IPv6/,
      [...openSix, route(6), route(4, 'ENETUNREACH'), access(R1), otherPeer()],
    ],
    [
      'a peer that is not there',
      'unknown',
      /was not reached \(is it running\?\)/,
      [otherPeer({ reached: 'unreached' })],
    ],
    ['a report that ended before', 'unknown', /the report ended before/, [otherPeer({ reached: 'cut' })]],
    [
      'one relayed and one direct: the one that is not is named',
      'yes',
      /the peer 3f3f3f3f3f came up over IPv4 .*; with the peer a7a7a7a7a7, whose own report is green, the connection stayed relayed/,
      [...independent, otherPeer({ peer: PEER2 }), directPeer()],
    ],
    [
      'one relayed and one that lets in strangers',
      'unknown',
      /a7a7a7a7a7.*; a direct path to the peer 3f3f3f3f3f came up, but/,
      [...independent, otherPeer({ peer: PEER2 }), directPeer({ letsInStrangers: true })],
    ],
    [
      'one relayed and one within the own network',
      'no',
      /^with the peer a7a7a7a7a7/,
      [...independent, directPeer({ remoteAddr: '192.168.1.20:50000' }), otherPeer({ peer: PEER2 })],
    ],
    [
      'two relayed, of which one is well',
      'no',
      /^with the peer a7a7a7a7a7, whose own report is green, .*; with the peer 3f3f3f3f3f, whose own report is not green over IPv4/,
      [...independent, otherPeer({ isPeerWell: false }), otherPeer({ peer: PEER2 })],
    ],
    [
      'one relayed and one that is not there',
      'no',
      /^with the peer 3f3f3f3f3f[^;]*$/,
      [...independent, otherPeer(), otherPeer({ peer: PEER2, reached: 'unreached' })],
    ],
  ])('%s: %s', (_, value, reason, observations) => {
    const peer = peerOf(observations);
    expect(peer.value).toBe(value);
    expect(peer.reason).toMatch(reason);
    expect(peer.family === null).toBe(value !== 'yes');
  });

  it('believes no peer of whom it is not known', () => {
    const without = (member: keyof PeerSeen, { peers = [] }: Observation) => {
      const { [member]: _, ...rest } = peers[0] ?? { peer: PEER, reached: 'cut', watchedMs: 0 };
      return peerOf([...independent, { peers: [rest as PeerSeen] }]);
    };
    expect(without('letsInStrangers', directPeer()).value).toBe('unknown');
    expect(without('isPeerWell', otherPeer())).toMatchObject({
      value: 'unknown',
      reason: expect.stringContaining('of whose own network nothing is known'),
    });
  });

  it('names the path over IPv4 first, whatever the order, and rests on the runs that saw it', () => {
    const peer = peerOf([
      directPeer({ family: 6, peer: PEER2 }),
      directPeer(),
      otherPeer({ reached: 'cut' }),
    ]);
    expect(peer).toMatchObject({ value: 'yes', family: 4, evidence: ['b'] });
    expect(peer.reason).not.toContain(NAME2);
  });
});

describe('the colour with a peer', () => {
  it.each<[string, Colour, RegExp, Observation[]]>([
    [
      'direct, where one witness cannot tell the mapping',
      'green',
      new RegExp(
        `^Direct connections work: a direct path to the peer ${NAME} came up over IPv4 after 34 ms .*data\\.$`,
      ),
      [...oneWitness, directPeer()],
    ],
    ['direct, where UDP was unknown', 'green', /^Direct connections work/, [...udpUnknown, directPeer()]],
    ['direct, where relays were silent', 'green', /^Direct connections work/, [...blocked, directPeer()]],
    [
      'direct, where the relays tell no address',
      'green',
      /^Direct/,
      [...udpUnknown, tellNothing, directPeer()],
    ],
    [
      'direct, where the mapping speaks against it',
      'green',
      /^Direct connections work/,
      [...dependent, directPeer()],
    ],
    [
      'direct over IPv6 alone',
      'green',
      /^Direct connections work with peers that have IPv6: .* over IPv6 .*The NAT type of IPv4 is unknown\.$/,
      [...oneWitness, ...openSix, directPeer({ family: 6 })],
    ],
    [
      'direct over IPv6 beside a symmetric NAT',
      'green',
      /with peers that have IPv6: .*Endpoint-Dependent: often relayed with others\.$/,
      [...dependent, directPeer({ family: 6 })],
    ],
    [
      'direct over IPv6 beside a symmetric NAT whose gateway maps ports',
      'green',
      /with peers that have IPv6: .*Endpoint-Dependent: often relayed with others\.$/,
      [...dependent, maps, directPeer({ family: 6 })],
    ],
    [
      'direct over IPv6 beside a good IPv4',
      'green',
      /^Direct connections work: .*They should work over IPv4 as well, which was not tried with a peer\.$/,
      [...independent, directPeer({ family: 6 })],
    ],
    [
      'direct with one, relayed with another',
      'green',
      new RegExp(
        `^Direct connections work: .*${NAME}.*; with the peer ${NAME2}.* stayed relayed for 6 s\\.$`,
      ),
      [...independent, directPeer(), otherPeer({ peer: PEER2 })],
    ],
    [
      'direct, although a relay misleads iroh',
      'green',
      /^Direct connections work: .*\. Yet iroh may believe a relay that is wrong about it: .*other connections may be relayed\.$/,
      [...good, seenAs(there), seenAs('10.0.0.9:5000', '203.0.113.11'), directPeer()],
    ],
    [
      'direct through another relay, or none, while iroh can use none of those that are set',
      'red',
      /without a relay peers neither find this machine.* All the same, a direct path to the peer/,
      [route(4), quic(), seenAs(there), seenAs(there, '203.0.113.11'), ...noRelay, directPeer()],
    ],
    [
      'direct, where it is unknown whether iroh can use a relay',
      'grey',
      /whether iroh can use a relay is unknown.* All the same, a direct path to the peer/,
      [route(4), quic(), seenAs(there), seenAs(there, '203.0.113.11'), directPeer()],
    ],
    [
      'direct, where the kernel has routes to those that are listed alone',
      'orange',
      /routes to the relays or servers alone.* A direct path to the peer 3f3f3f3f3f came up/,
      [...independent.slice(1), listedOnly, directPeer()],
    ],
    [
      'direct to a peer that lets in strangers, behind a symmetric NAT',
      'orange',
      /Endpoint-Dependent.*often relayed\. A direct path to the peer 3f3f3f3f3f came up, but that peer lets in strangers/,
      [...dependent, directPeer({ letsInStrangers: true })],
    ],
    [
      'the same behind a good NAT',
      'green',
      /^UDP works and the NAT type is Endpoint-Independent.*lets in strangers/,
      [...independent, directPeer({ letsInStrangers: true })],
    ],
    [
      'relayed, though all looks well',
      'orange',
      /^With the peer 3f3f3f3f3f, whose own report is green, the connection stayed relayed for 6 s: connections are relayed\. UDP works to the relays and the NAT type is Endpoint-Independent \(IPv4\): what keeps direct paths shut was not seen\.$/,
      [...independent, otherPeer()],
    ],
    [
      'relayed, where UDP was unknown',
      'orange',
      /^With the peer 3f3f3f3f3f.*: connections are relayed\. Whether UDP works is unknown: /,
      [...udpUnknown, otherPeer()],
    ],
    [
      'relayed, where the gateway might have mapped a port',
      'orange',
      /^With the peer 3f3f3f3f3f.*Endpoint-Dependent \(IPv4\): the gateway offers to map ports, and with this peer that did not help\.$/,
      [...dependent, maps, otherPeer()],
    ],
    [
      'relayed behind a symmetric NAT',
      'orange',
      /^UDP works, but the NAT type is Endpoint-Dependent.* With the peer 3f3f3f3f3f, whose own report is green, the connection stayed relayed for 6 s\.$/,
      [...dependent, otherPeer()],
    ],
    [
      'relayed where one witness cannot tell',
      'orange',
      /^UDP works, but the NAT type is unknown.* With the peer 3f3f3f3f3f/,
      [...oneWitness, otherPeer()],
    ],
    [
      'relayed where UDP is blocked',
      'red',
      /^UDP is blocked.* With the peer 3f3f3f3f3f/,
      [...blocked, otherPeer()],
    ],
    [
      'relayed over IPv4, where only IPv6 is promised',
      'green',
      /^UDP works over IPv6.* With the peer 3f3f3f3f3f.*stayed relayed/,
      [...dependent, ...openSix, otherPeer()],
    ],
    [
      'relayed with a peer that is not well',
      'green',
      /^UDP works and the NAT type.*iroh's own datagrams, or for long.* With the peer 3f3f3f3f3f, whose own report is not green over IPv4/,
      [...independent, otherPeer({ isPeerWell: false })],
    ],
    [
      'not reached',
      'green',
      /The peer 3f3f3f3f3f was not reached \(is it running\?\)\.$/,
      [...independent, otherPeer({ reached: 'unreached' })],
    ],
    [
      'not reached, as no relay is',
      'red',
      /get through to it\.$/,
      [route(4), quic(), ...noRelay, otherPeer({ reached: 'unreached' })],
    ],
    [
      'no route at all',
      'grey',
      /^This machine is offline: it has no route to anywhere\.$/,
      [route(4, 'ENETUNREACH'), route(6, 'ENETUNREACH'), otherPeer({ reached: 'unreached' })],
    ],
  ])('%s: %s', (_, colour, sentence, observations) => {
    const { summary } = reportOf(observations);
    expect(summary.sentence).toMatch(sentence);
    expect(summary.colour).toBe(colour);
  });

  it('no longer says that no peer was tried', () => {
    const words = (observations: Observation[]) => reportOf(observations).summary.sentence;
    expect(words(independent)).toContain('with a peer');
    expect(words([...independent, directPeer()])).not.toContain('Not tried');
    const { paths: _, ...withoutPaths } = directPeer();
    expect(words([...independent, withoutPaths])).not.toContain('Not tried');
  });

  it('is the same whether STUN servers at other ports were silent: the path shows that they are open', () => {
    const silent = [stun('silent', 'a.test:3479'), stun('silent', 'b.test:5000')];
    expect(reportOf([...independent, ...silent]).summary.colour).toBe('orange');
    expect(reportOf([...independent, ...silent, directPeer()]).summary.colour).toBe('green');
  });
});

describe('the advice to try a peer', () => {
  const TRY = expect.stringMatching(/^Try a peer: run `npx iroh-net-diagnostics peer`/);
  const steps = (observations: Observation[], relays = [R1, R2]) =>
    reportOf(observations, relays).summary.nextSteps;

  it('comes where a peer would decide', () => {
    expect(steps(oneWitness)).toEqual([TRY]);
    expect(steps(oneWitness, [R1])).toEqual([expect.stringContaining('second relay'), TRY]);
    expect(steps(udpUnknown)).toContainEqual(TRY);
    expect(steps([...udpUnknown, tellNothing])).toContainEqual(TRY);
    expect(
      steps([...independent, stun('silent', 'a.test:3479'), stun('silent', 'b.test:5000')]),
    ).toContainEqual(TRY);
  });

  it.each<[string, Observation[]]>([
    ['all is well', independent],
    ['the NAT is a symmetric one', dependent],
    ['UDP is blocked', blocked],
    ['iroh has no relay to reach a peer by', [route(4), quic(), ...noRelay]],
    ['it was followed', [...oneWitness, otherPeer({ reached: 'unreached' })]],
    ['it was followed, and the path came up', [...oneWitness, directPeer()]],
  ])('does not come where %s', (_, observations) => {
    expect(steps(observations)).not.toContainEqual(TRY);
  });

  it('asks for another peer where this one alone speaks against all the rest', () => {
    expect(steps([...independent, otherPeer()])).toEqual([expect.stringMatching(/^Try another peer/)]);
    expect(steps([...dependent, otherPeer()]).join()).not.toContain('Try');
  });
});

describe('a good peer', () => {
  it.each<[string, boolean | null, Observation[]]>([
    ['an ordinary home', true, independent],
    ['one witness alone', false, oneWitness],
    ['one witness, and a direct path over IPv4 to another peer', true, [...oneWitness, directPeer()]],
    ['IPv6 alone', false, [access(R1), ...openSix]],
    ['a direct path over IPv6 alone', false, [...oneWitness, directPeer({ family: 6 })]],
    ['a port that a gateway may map', false, [...dependent, maps]],
    ['nothing known', null, [route(4)]],
  ])('%s: %s', (_, is, observations) => {
    expect(isGoodPeer(reportOf(observations).verdict)).toBe(is);
  });
});

describe('in networks that are made up', () => {
  const WORLDS = 300;

  interface Made {
    judged(more?: Observation): Pick<LocalReport, 'verdict' | 'summary'>;
  }

  function made(n: number): Made {
    const world = worldFrom(randomFrom(`peer ${n}`));
    const records = endAll(
      planOf(world).filter(({ probe }) => probe !== 'peer'),
      world,
    );
    return {
      judged(more) {
        const peer = {
          ref: 'peer 3f3f3f3f3f',
          probe: 'peer',
          outcome: 'ok',
          startedMs: 0,
          durationMs: 1,
        } as const;
        const all = more === undefined ? records : [...records, { ...peer, observation: more }];
        const verdict = judge(all, world.relays, isPublicHere);
        return { verdict, summary: summarise(verdict) };
      },
    };
  }

  it('a peer that tells nothing changes nothing but the words about it', () => {
    for (let n = 0; n < WORLDS; n += 1) {
      const { judged } = made(n);
      const without = judged();
      for (const more of [
        otherPeer({ reached: 'unreached' }),
        otherPeer({ reached: 'cut' }),
        otherPeer({ isPeerWell: false }),
        otherPeer({ watchedMs: 900 }),
      ]) {
        const tried = judged(more);
        expect({ ...tried.verdict, peer: null }).toEqual({ ...without.verdict, peer: null });
        expect(tried.summary.colour, `world ${n}`).toBe(without.summary.colour);
      }
    }
  });

  it('a relayed one makes nothing better, and a direct one nothing worse', () => {
    const GOOD: readonly Colour[] = ['red', 'grey', 'orange', 'green'];
    const changed = new Map<string, number>();
    for (let n = 0; n < WORLDS; n += 1) {
      const { judged } = made(n);
      const without = judged();
      const { colour } = without.summary;
      const hasRelay = without.verdict.relayUsable.value === 'yes';
      const relayed = judged(otherPeer()).summary.colour;
      const direct = judged(directPeer()).summary.colour;
      if (relayed !== colour) {
        expect([hasRelay, relayed], `world ${n}`).toEqual([true, 'orange']);
        expect(['green', 'grey']).toContain(colour);
      }
      // Without a relay that iroh can use, no peer makes it green.
      if (hasRelay) expect(GOOD.indexOf(direct), `world ${n}`).toBeGreaterThanOrEqual(GOOD.indexOf(colour));
      else expect(direct, `world ${n}`).not.toBe('green');
      for (const after of [`${colour}, relayed: ${relayed}`, `${colour}, direct: ${direct}`])
        changed.set(after, (changed.get(after) ?? 0) + 1);
    }
    // Not all of it is the same as without a peer.
    for (const after of ['green, relayed: orange', 'orange, direct: green', 'red, direct: green'])
      expect(changed.get(after) ?? 0, after).toBeGreaterThan(0);
  });
});
