import { describe, expectTypeOf, it } from 'vitest';
import type { EndpointSnapshot, LocalReport, ProbeRecord } from '../../lib/report/index.js';
import type { REPORT } from '../../lib/report/schema/report.js';
import type { Differences, FromSchema } from './support/from-schema.js';

type Described = FromSchema<typeof REPORT, { endpointId: EndpointSnapshot['endpointId'] }>;

/** The compiler is the judge: what is wrong here fails `npm run types`, and names the path of the member. */
describe('the types and the schema of a report', () => {
  it('say the same', () => {
    expectTypeOf<never>().toEqualTypeOf<Differences<LocalReport, Described>>();
  });

  it('are found to differ by a member that only one of them has', () => {
    type Added = LocalReport & { verdict: { ipv4: { jitter: number } } };
    expectTypeOf<Differences<Added, Described>>().toEqualTypeOf<'$.verdict.ipv4.jitter: in one only'>();
    expectTypeOf<Differences<Described, Added>>().toEqualTypeOf<'$.verdict.ipv4.jitter: in one only'>();
    type Optional = LocalReport & { verdict: { ipv4: { jitter?: number } } };
    expectTypeOf<Differences<Optional, Described>>().toEqualTypeOf<'$.verdict.ipv4.jitter: in one only'>();
  });

  it('are found to differ by a member that may lack, or be null, in one of them', () => {
    type May = Omit<LocalReport, 'notes'> & Partial<Pick<LocalReport, 'notes'>>;
    expectTypeOf<Differences<May, Described>>().toEqualTypeOf<'$.notes: may lack in one only'>();
    type Never = Omit<LocalReport, 'endpoint'> & { endpoint: EndpointSnapshot };
    expectTypeOf<Differences<Never, Described>>().toEqualTypeOf<'$.endpoint: null in one only'>();
  });

  it('are found to differ by a word that only one of them knows, also inside lists', () => {
    type Probe = Omit<ProbeRecord, 'outcome'> & { outcome: ProbeRecord['outcome'] | 'tired' };
    type Word = Omit<LocalReport, 'probes'> & { probes: readonly Probe[] };
    expectTypeOf<Differences<Word, Described>>().toEqualTypeOf<'$.probes[].outcome'>();
    type Text = Omit<LocalReport, 'durationMs'> & { durationMs: string };
    expectTypeOf<Differences<Text, Described>>().toEqualTypeOf<'$.durationMs'>();
    type Single = Omit<LocalReport, 'notes'> & { notes: string };
    expectTypeOf<Differences<Single, Described>>().toEqualTypeOf<'$.notes'>();
  });
});
