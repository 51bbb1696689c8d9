import { describe, expect, it } from 'vitest';
import { type FilteringSeen, judge, type Observation } from '../../lib/report/index.js';
import { isPublicHere, records, seenAs } from './support/records.js';

function filtering(
  fromOtherIp: FilteringSeen['fromOtherIp'],
  fromOtherPort: FilteringSeen['fromOtherPort'],
  isSteady = true,
  family: 4 | 6 = 4,
): Observation {
  const addresses = { local: '192.168.1.100:5001', server: '203.0.113.10:3478', other: '203.0.113.11:3479' };
  return { filterings: [{ family, ...addresses, fromOtherIp, fromOtherPort, isSteady }] };
}

const verdictOf = (...observations: Observation[]) => judge(records(...observations), [], isPublicHere).ipv4;

describe('filtering (RFC 5780, section 4.4)', () => {
  it.each<[string, string, string, Observation[]]>([
    ['nothing', 'unknown', 'no server was asked', []],
    ['both arrived', 'endpoint-independent', 'never written to', [filtering('arrived', 'arrived')]],
    ['the other address alone arrived', 'endpoint-independent', '', [filtering('arrived', 'silent')]],
    ['the other port alone arrived', 'address-dependent', 'another port', [filtering('silent', 'arrived')]],
    ['none arrived', 'address-and-port-dependent', 'neither', [filtering('silent', 'silent')]],
    ['none arrived, and the path loses much', 'unknown', 'lost', [filtering('silent', 'silent', false)]],
    ['the port arrived, and the path loses much', 'unknown', 'lost', [filtering('silent', 'arrived', false)]],
    [
      'an arrival on a path that loses much',
      'endpoint-independent',
      '',
      [filtering('arrived', 'silent', false)],
    ],
    ['refused', 'unknown', 'refused', [filtering('refused', 'refused')]],
    ['half refused', 'unknown', 'refused', [filtering('silent', 'refused')]],
    ['ignored', 'unknown', 'same address', [filtering('ignored', 'ignored')]],
    ['cut', 'unknown', 'time', [filtering('cut', 'cut')]],
    ['half cut', 'unknown', 'time', [filtering('silent', 'cut', false)]],
    ['the other family', 'unknown', 'no server', [filtering('arrived', 'arrived', true, 6)]],
    [
      'two servers, one with a dead second address',
      'endpoint-independent',
      'never written to',
      [filtering('silent', 'silent'), filtering('arrived', 'arrived')],
    ],
    [
      'two servers, one that refuses',
      'address-and-port-dependent',
      'neither',
      [filtering('refused', 'refused'), filtering('silent', 'silent')],
    ],
  ])('%s: %s', (_, value, reason, observations) => {
    expect(verdictOf(...observations).filtering).toMatchObject({
      value,
      reason: expect.stringContaining(reason),
    });
  });

  it('names the runs it rests on', () => {
    const { evidence } = verdictOf(filtering('silent', 'silent'), filtering('silent', 'arrived')).filtering;
    expect(evidence).toEqual(['b']);
  });
});

describe('mapping over the sockets of several probes', () => {
  const there = '198.51.100.7:5000';
  const other = { local: '192.168.1.100:6000' };
  const otherThere = '198.51.100.7:6000';
  const equal = [seenAs(there, '203.0.113.10'), seenAs(there, '203.0.113.11')];
  const equalOther = [seenAs(otherThere, '203.0.113.10', other), seenAs(otherThere, '203.0.113.11', other)];
  const different = [
    seenAs(otherThere, '203.0.113.10', { ...other, again: otherThere }),
    seenAs('198.51.100.7:6001', '203.0.113.11', other),
  ];
  it.each<[string, string, string, Observation[]]>([
    ['two sockets that agree', 'endpoint-independent', '2 IP addresses', [...equal, ...equalOther]],
    [
      'one that tells and one that cannot',
      'endpoint-independent',
      '',
      [...equal, seenAs(otherThere, '203.0.113.10', other)],
    ],
    [
      'one that proves dependence beside equal ones',
      'endpoint-dependent',
      'differs',
      [...equal, ...different],
    ],
    [
      'one answer each: ports of different sockets are not compared',
      'unknown',
      'one vantage point',
      [seenAs(there), seenAs(otherThere, '203.0.113.11', other)],
    ],
    [
      'one answer, and two from one address',
      'unknown',
      'all from one IP address',
      [seenAs(there), seenAs(otherThere, '203.0.113.11', other), seenAs(otherThere, '203.0.113.11', other)],
    ],
    [
      'no NAT on any of them',
      'none',
      'no NAT',
      [5000, 6000].map((port) => {
        const own = `203.0.113.66:${port}`;
        return seenAs(own, '203.0.113.10', { local: own });
      }),
    ],
    [
      'different local addresses',
      'unknown',
      'split routes',
      [...equal, seenAs(there, '203.0.113.12', { local: '10.8.0.2:5000' })],
    ],
  ])('%s: %s', (_, value, reason, observations) => {
    expect(verdictOf(...observations).mapping).toMatchObject({
      value,
      reason: expect.stringContaining(reason),
    });
  });

  it('joins the evidence of those that agree', () => {
    expect(verdictOf(...equal, ...equalOther).mapping.evidence).toEqual(['a', 'b', 'c', 'd']);
  });
});
