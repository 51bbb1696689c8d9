import { describe, expect, it } from 'vitest';
import { agrees, disagreement, officialSaysDirect } from './harness/agreement.js';
import { majority, type PairOutcome } from './harness/pair.js';

const said = (colour: string, sentence = '') => ({ colour, sentence, nextSteps: [] });

describe('colour and pair', () => {
  it.each<[string, readonly PairOutcome[]]>([
    ['green', ['direct']],
    ['orange', ['relayed', 'not connected']],
    ['red', ['relayed', 'not connected', 'not online', 'no relay']],
    ['grey', ['not online', 'no relay']],
    ['a colour that is none', []],
  ])('%s claims %j', (colour, claimed) => {
    const all: PairOutcome[] = ['direct', 'relayed', 'not connected', 'not online', 'no relay'];
    expect(all.filter((outcome) => agrees(colour, outcome))).toEqual(claimed);
  });

  it('may disagree where the words say what was not measured', () => {
    const exception = { reason: 'other ports were not tried', says: /other ports/ };
    expect(disagreement(said('orange', 'other ports were not tried'), 'direct', exception)).toBeNull();
    expect(disagreement(said('orange', 'all is well'), 'direct', exception)).toMatch(/nothing says/);
    expect(disagreement(said('orange', 'other ports'), 'direct')).toBe('orange, but the pair is direct');
  });

  it('has no exception that nothing needs', () => {
    expect(disagreement(said('green'), 'direct', { reason: '', says: /x/ })).toMatch(/nothing is to be/);
  });

  it('takes the outcome of most tries, and keeps all', () => {
    const [direct, relayed] = [
      { outcome: 'direct', family: 4, ms: 1 } as const,
      { outcome: 'relayed' } as const,
    ];
    expect(majority([direct, relayed, direct])).toEqual({ ...direct, tries: [direct, relayed, direct] });
    expect(majority([direct, relayed, relayed]).outcome).toBe('relayed');
    expect(majority([]).outcome).toBe('no relay');
  });

  it.each([
    [true, null, true],
    [true, false, true],
    [true, true, false],
    [false, null, false],
  ])('the official report with udp %s, varies %s says direct: %s', (udp, varies, isDirect) => {
    const none = {
      udp_v4: false,
      udp_v6: false,
      mapping_varies_by_dest_ipv4: null,
      mapping_varies_by_dest_ipv6: null,
    };
    expect(officialSaysDirect({ ...none, udp_v4: udp, mapping_varies_by_dest_ipv4: varies })).toBe(isDirect);
    expect(officialSaysDirect({ ...none, udp_v6: udp, mapping_varies_by_dest_ipv6: varies })).toBe(isDirect);
    expect(officialSaysDirect(null)).toBe(false);
  });
});
