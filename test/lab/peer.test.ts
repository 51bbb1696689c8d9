import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPeer, interopAvailable } from '../interop/support/index.js';
import { type Case, isByChance, pairOf, RELAY_TARGETS } from './harness/case.js';
import { withFarEnd } from './harness/far-end.js';
import { Lab } from './harness/lab.js';
import { CHANCE_TRIES, Pair } from './harness/pair.js';
import { agreesWithTries, PeerTrial } from './harness/peer-trial.js';
import { RELAY_NAMES, RELAY_PROGRAM, RELAYS, RelayCa } from './harness/relays.js';
import { Reporter } from './harness/reporter.js';
import { relay } from './harness/services.js';
import { withPlatform } from './harness/stand.js';
import { labRuns } from './harness/tools.js';
import { CHAPTERS } from './topologies/index.js';

const CASES = CHAPTERS.flatMap(({ cases }) => cases);
const PROGRAMS = ['conntrack', 'turnserver', 'miniupnpd', 'openssl', 'dnsmasq', 'tayga', RELAY_PROGRAM];

/** Networks of every kind in which one side knows enough: with a peer it must know no less. */
const ORDINARY = [
  'public address',
  'home router',
  'symmetric NAT',
  'full cone NAT',
  "carrier's NAT",
  'UDP blocked',
  'IPv6 only',
  'gateway with UPnP, PCP and NAT-PMP',
  'symmetric NAT that maps ports over UPnP, PCP and NAT-PMP',
  'TLS intercepted, trusted by this machine',
  'captive portal',
  'nothing gets through',
];

const HARD = CASES.filter(({ oneSideCannotKnow }) => oneSideCannotKnow !== undefined);
/** Where chance decides and a peer cannot know either, nothing can be expected; the bench tells of them. */
const canBeTold = (wanted: Case) => wanted.peerCannotKnow === undefined || !isByChance(wanted);
const TRIED = [...HARD, ...ORDINARY.map(named)].filter(canBeTold);

/** A network of the lab, by its name. */
function named(name: string): Case {
  const found = CASES.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no network is called ${name}`);
  return found;
}

describe.skipIf(!labRuns(PROGRAMS) || !interopAvailable())(
  'a report that tries a peer',
  { tags: ['slow'] },
  () => {
    let ca: RelayCa;
    let reporter: Reporter;
    let trial: PeerTrial;
    beforeAll(async () => {
      await buildPeer();
      ca = new RelayCa();
      reporter = await Reporter.build();
      trial = await PeerTrial.build(ca, reporter);
    });
    afterAll(async () => {
      await Promise.all([trial?.remove(), reporter?.remove()]);
      ca?.remove();
    });

    async function saysWhatThePairDoes(wanted: Case): Promise<void> {
      const { topology, services = RELAYS.map((each) => relay(each)), report } = wanted;
      const lab = await Lab.start(withPlatform(withFarEnd({ names: RELAY_NAMES, ...topology })));
      try {
        await Promise.all(services.map((service) => service.start(lab, ca)));
        const tries = isByChance(wanted) ? CHANCE_TRIES : undefined;
        const running = await Pair.start(lab, topology, report?.relays ?? RELAY_TARGETS, ca, tries);
        const tried = await trial.report(lab, wanted);
        const pair = await pairOf(wanted, running);
        const { summary, probes } = tried.report;
        const evidence = JSON.stringify({
          pair,
          summary,
          peer: probes.filter(({ probe }) => probe === 'peer'),
        });
        const isExcused = wanted.peerCannotKnow !== undefined;
        if (summary.colour === 'green') {
          expect(
            pair.tries.map(({ outcome }) => outcome),
            evidence,
          ).toContain('direct');
        }
        const agrees = agreesWithTries(tried.report, pair, isByChance(wanted));
        // An exception that nothing needs is none.
        expect(agrees, `${evidence} ${wanted.peerCannotKnow ?? ''}`).toBe(!isExcused);
      } finally {
        await lab.close();
      }
    }

    const row = (each: Case) => [each.name, each] as const;
    it.concurrent.for(TRIED.filter((each) => !isByChance(each)).map(row))('%s', ([, wanted]) =>
      saysWhatThePairDoes(wanted),
    );
    it.concurrent.for(TRIED.filter(isByChance).map(row))('%s', { retry: 2 }, ([, wanted]) =>
      saysWhatThePairDoes(wanted),
    );
  },
);
