import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPeer, interopAvailable } from '../interop/support/index.js';
import { type Case, type CaseOutcome, expectPair, expectTruth, inLab, pairOf } from './harness/case.js';
import { expectAgreement, officialReport } from './harness/official.js';
import { RELAY_PROGRAM, RelayCa } from './harness/relays.js';
import { Reporter } from './harness/reporter.js';
import { labRuns } from './harness/tools.js';
import { row, verdictsPage } from './harness/verdicts-page.js';
import { CHAPTERS } from './topologies/index.js';

const PAGE = fileURLToPath(new URL('../../docs/verdicts.md', import.meta.url));

const CASES = CHAPTERS.flatMap(({ cases }) => cases);
const PROGRAMS = ['conntrack', 'turnserver', 'miniupnpd', 'openssl', 'dnsmasq', 'tayga', 'tc', RELAY_PROGRAM];

describe.skipIf(!labRuns(PROGRAMS) || !interopAvailable())('real networks', { tags: ['slow'] }, () => {
  const results = new Map<string, CaseOutcome>();
  let ca: RelayCa;
  let reporter: Reporter;
  beforeAll(async () => {
    await buildPeer();
    ca = new RelayCa();
    reporter = await Reporter.build();
  });
  afterAll(async () => {
    await reporter?.remove();
    ca?.remove();
  });

  async function holds(wanted: Case): Promise<void> {
    await inLab(wanted, { ca, reporter }, async (result, lab, pair) => {
      const official = wanted.official === null ? undefined : await officialReport(lab, wanted, ca);
      // Before the pair, which maps ports.
      await wanted.also?.(result, lab);
      const outcome = { ...result, pair: await pairOf(wanted, pair) };
      results.set(wanted.name, outcome);
      expectTruth(wanted, outcome);
      if (official !== undefined) expectAgreement(wanted, outcome.report, official);
      expectPair(wanted, outcome);
      expectAsWritten(row(wanted, outcome));
    });
  }

  /** Here, so that a network whose words a busy moment changed is built once more. */
  function expectAsWritten(line: string): void {
    if (expect.getState().snapshotState.snapshotUpdateState === 'all') return;
    expect(readFileSync(PAGE, 'utf8').split('\n'), line).toContain(line);
  }

  const named = (isByChance: boolean) =>
    CASES.filter((wanted) => (wanted.isByChance ?? false) === isByChance).map(
      (each) => [each.name, each] as const,
    );
  // Two cores for ten networks at a time: what a busy moment spoilt may be built once more.
  it.concurrent.for(named(false))('%s', ([, wanted]) => holds(wanted));
  it.concurrent.for(named(true))('%s', { retry: 2 }, ([, wanted]) => holds(wanted));

  it('are named apart', () => {
    expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
  });

  // Only where all were looked at: a page of some would be shorter, not wrong.
  it('are what docs/verdicts.md says', async ({ skip }) => {
    if (results.size < CASES.length) skip('not all topologies were built in this run');
    await expect(verdictsPage(CHAPTERS, results)).toMatchFileSnapshot(PAGE);
  });
});
