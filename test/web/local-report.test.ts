import { describe, expect, it } from 'vitest';
import type { LocalReport } from '../../lib/index.js';
import { viewLocalReport } from '../../web/words/local-report.js';
import type { Fact } from '../../web/words/view.js';
import { FULL_REPORT } from '../report/support/full-report.js';

/** The sample with some members of its verdict and summary replaced. */
function report(
  verdict: Partial<LocalReport['verdict']> = {},
  summary: Partial<LocalReport['summary']> = {},
): LocalReport {
  return {
    ...FULL_REPORT,
    verdict: { ...FULL_REPORT.verdict, ...verdict },
    summary: { ...FULL_REPORT.summary, ...summary },
  };
}

const judged = <T extends string>(value: T) => ({ value, reason: 'that is so', evidence: [] });
const values = (facts: readonly Fact[]) =>
  Object.fromEntries(facts.map(({ label, value, tone }) => [label, `${value} (${tone})`]));
const natType = (value: LocalReport['verdict']['natType']['value']) => ({
  natType: { value, family: 4 as const, reason: 'seen' },
});

describe('the words of a local report', () => {
  it.each([
    ['green', 'No NAT', 'Green: direct'],
    ['orange', 'Endpoint-Dependent', 'Orange: often relayed'],
    ['orange', 'Unknown', 'Orange: perhaps relayed'],
    ['red', 'Unknown', 'Red: relayed'],
    ['grey', 'Unknown', 'Unknown'],
  ] as const)('name the colour %s (%s) and what it means', (colour, type, headline) => {
    const view = viewLocalReport(report(natType(type), { colour }));
    expect(view).toMatchObject({ level: colour, headline, sentence: 'UDP works.' });
    expect(view.nextSteps).toEqual(['Ask for UDP to relay.corp.example.']);
  });

  it('tell of a peer only where one was tried', () => {
    const peerOf = (peer: Partial<LocalReport['verdict']['peer']>) =>
      values(viewLocalReport(report({ peer: { ...FULL_REPORT.verdict.peer, ...peer } })).network).Peer;
    expect(peerOf({ value: 'yes' })).toBe('Direct (good)');
    expect(peerOf({ value: 'no', family: null })).toBe('Relayed (warn)');
    expect(peerOf({ value: 'unknown', family: null })).toBe('Unknown (unknown)');
    expect(peerOf({ value: 'unknown', family: null, evidence: [] })).toBeUndefined();
    const relayed = report({ peer: { ...judged('no'), family: null } }, { colour: 'orange' });
    expect(viewLocalReport(relayed).headline).toBe('Orange: relayed');
  });

  it('take a report that was kept since before peers were tried', () => {
    const old = structuredClone(report());
    Reflect.deleteProperty(old.verdict, 'peer');
    expect(values(viewLocalReport(old).network)).not.toHaveProperty('Peer');
  });

  it('keep no, unknown and not there apart', () => {
    const { ipv4 } = FULL_REPORT.verdict;
    const unknown = judged('unknown');
    const view = viewLocalReport(
      report({
        ipv4: {
          ...ipv4,
          udp: judged('no'),
          publicAddress: { value: null, reason: 'nobody said', evidence: [] },
          mapping: unknown,
          filtering: judged('address-and-port-dependent'),
        },
        ipv6: { ...ipv4, routed: judged('no') },
        captivePortal: unknown,
        tlsIntercepted: judged('no'),
        upstreamNat: judged('likely'),
      }),
    );
    expect(values(view.ipv4)).toEqual({
      UDP: 'Blocked (bad)',
      'Public address': 'Unknown (unknown)',
      'NAT mapping': 'Unknown (unknown)',
      'NAT filtering': 'Address- and Port-Dependent (plain)',
    });
    expect(values(view.ipv6)).toEqual({ Route: 'None (plain)' });
    expect(values(view.network)).toMatchObject({
      'Captive portal': 'Unknown (unknown)',
      'TLS to the relays': 'Intact (good)',
      'Second NAT': 'Likely (warn)',
    });
  });

  it.each([
    [['yes', 'unknown', 'yes'], 'UPnP, NAT-PMP (good)'],
    [['no', 'unknown', 'unknown'], 'Not offered (plain)'],
    [['unknown', 'unknown', 'unknown'], 'Unknown (unknown)'],
  ] as const)('say of port mapping by UPnP, PCP and NAT-PMP %j: %s', ([upnp, pcp, natPmp], text) => {
    const portMapping = {
      upnp: judged(upnp),
      pcp: judged(pcp),
      natPmp: judged(natPmp),
      reachable: judged('unknown'),
    };
    expect(values(viewLocalReport(report({ portMapping })).network)['Port mapping']).toBe(text);
  });

  it('give each conclusion its reason as a sentence, and its evidence in words', () => {
    const [udp] = viewLocalReport(FULL_REPORT).ipv4;
    expect(udp?.reasons).toEqual([
      { label: 'UDP', reason: 'Because.', evidence: ['HTTPS relay.corp.example:8443'] },
    ]);
  });

  it('show the relays, the endpoint and the notes', () => {
    const view = viewLocalReport(FULL_REPORT);
    expect(view.relays).toMatchObject([{ host: 'relay.corp.example:8443', isPreferred: true, ipv4Ms: 1 }]);
    expect(view.endpoint?.addresses).toEqual(['192.168.1.100:4433', '[2001:db8::7]:4433']);
    expect(view.endpoint?.paths).toMatchObject([{ kind: 'Direct' }]);
    expect(view.notes).toEqual(FULL_REPORT.notes);
    expect(viewLocalReport({ ...FULL_REPORT, endpoint: null }).endpoint).toBeNull();
  });

  it.each([
    ['finished', 'in 123 ms'],
    ['deadline', 'in 123 ms, cut off at the deadline of 3.0 s'],
    ['no-route', 'in 123 ms, ended early: there is no route to anywhere'],
    ['aborted', 'in 123 ms, cancelled before its end'],
  ] as const)('say how it ended: %s', (endedBy, took) => {
    expect(viewLocalReport({ ...FULL_REPORT, endedBy }).took).toBe(took);
  });
});
