import { describe, expect, it } from 'vitest';
import type { Colour, Observation } from '../../lib/report/index.js';
import { https, openV6, R1, R2, reportOf, route, seenAs, silence } from './support/records.js';

const summaryOf = (observations: Observation[], relays = [R1, R2]) => reportOf(observations, relays).summary;

const there = '198.51.100.7:5000';
const independent = [seenAs(there), seenAs(there, '203.0.113.11')];
const dependent = [
  seenAs(there, '203.0.113.10', { again: there }),
  seenAs('198.51.100.7:5001', '203.0.113.11'),
];
const blocked = [route(4), silence(4, R1), silence(4, R2), https(R1), https(R2)];
const wrongPortal: Observation = { portals: [{ relayUrl: R1, answer: 'wrong', status: 302 }] };
const intercepted: Observation = { interceptions: [{ relayUrl: R1, issuer: 'Corp' }] };

describe('summary', () => {
  it.each<[string, Colour, RegExp, Observation[]]>([
    [
      'Endpoint-Independent',
      'green',
      /Endpoint-Independent \(IPv4\): direct connections should work/,
      independent,
    ],
    ['No NAT over IPv6 alone', 'green', /No NAT \(IPv6\)/, [openV6()]],
    ['Endpoint-Dependent', 'orange', /often relayed/, dependent],
    ['one vantage point', 'orange', /one vantage point cannot tell; add a second relay/, [seenAs(there)]],
    ['UDP blocked, IPv6 not routed', 'red', /UDP is blocked/, [...blocked, route(6, 'ENETUNREACH')]],
    ['UDP blocked, IPv6 routed but untested', 'grey', /answer over HTTPS/, [...blocked, route(6)]],
    ['HTTPS only', 'grey', /answer over HTTPS; whether UDP works is unknown/, [route(4), https(R1)]],
    ['no answer at all', 'grey', /Nothing answered/, [route(4)]],
    ['no route', 'grey', /offline/, [route(4, 'ENETUNREACH'), route(6, 'ENETUNREACH')]],
    ['a captive portal', 'grey', /captive portal/, [route(4), wrongPortal]],
    ['TLS intercepted', 'grey', /TLS is intercepted/, [route(4), intercepted]],
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

  it('mentions an open IPv6 beside a bad IPv4', () => {
    expect(summaryOf([...dependent, openV6()]).sentence).toContain(
      'direct over IPv6 with peers that have it',
    );
    expect(summaryOf(dependent).sentence).not.toContain('IPv6');
  });

  it('names the next step', () => {
    const steps = (observations: Observation[], relays = [R1, R2]) =>
      summaryOf(observations, relays).nextSteps;
    expect(steps([...blocked, route(6, 'ENETUNREACH')])).toEqual([expect.stringContaining('7842')]);
    expect(steps([wrongPortal])).toEqual([expect.stringContaining('captive portal')]);
    expect(steps([intercepted])).toEqual([expect.stringContaining('TLS inspection')]);
    expect(steps([seenAs(there)], [R1])).toEqual([expect.stringContaining('second relay')]);
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
