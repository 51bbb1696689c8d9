import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../bench/support/random.js';
import { PROBE_NAMES } from '../../lib/probes/probe.js';
import {
  type AddressSeen,
  type AskedRelay,
  type Colour,
  colourOf as colourFrom,
  entersWireReport,
  type Family,
  isSettled,
  judge,
  judgeOnRead,
  type LocalReport,
  type Observation,
  type PendingRun,
  type ProbeRecord,
  toWireReport,
  wireTextOf,
} from '../../lib/report/index.js';
import { CASES } from '../../lib/report/settled/cases.js';
import { MAX_LOOKS } from '../../lib/report/settled/index.js';
import { endAll, planOf, worldFrom } from './support/random-runs.js';
import { isPublicHere, openV6, quic, R1, R2, route, seenAs, targets } from './support/records.js';

/** Probes that end as soon as names are known: nobody has to know what they may see, and nothing is settled before. */
const INSTANT: readonly string[] = ['endpoint', 'route'];

const NOWHERE = { endpointId: 'a'.repeat(64), directAddrs: [], homeRelay: null, paths: [] };

const WORLDS = 300;
/** How often the rest of a report is made up once its colour is settled. */
const COMPLETIONS = 25;

function colourOf(relays: readonly AskedRelay[]) {
  return (records: readonly ProbeRecord[]): Colour => colourFrom(judgeOnRead(records, relays, isPublicHere));
}

/** The runs in the order in which they end here. An exchange comes after the handshakes. */
function shuffled(plan: readonly PendingRun[], random: () => number): PendingRun[] {
  const runs = plan.map((run) => ({ run, at: random() }));
  for (const each of runs.filter(isExchange)) {
    const discovery = runs.find(({ run }) => run.probe === 'qad' && run.family === each.run.family);
    each.at = Math.max(each.at, (discovery?.at ?? 0) + random() * 0.1);
  }
  return runs.sort((a, b) => a.at - b.at).map(({ run }) => run);
}

function isExchange({ run }: { run: PendingRun }): boolean {
  return run.target === 'exchange';
}

function inOrder(plan: readonly PendingRun[], records: readonly ProbeRecord[]): ProbeRecord[] {
  return plan.flatMap(({ ref }) => records.find((record) => record.ref === ref) ?? []);
}

/** What led to a colour, for the one who reads a failure. */
function briefOf(records: readonly ProbeRecord[]): string[] {
  return records.map(({ ref, observation }) => `${ref}: ${JSON.stringify(observation ?? null)}`);
}

describe('what does not enter the wire report', () => {
  it('never changes it', () => {
    let looked = 0;
    for (let n = 0; n < WORLDS; n += 1) {
      const random = randomFrom(`wire ${n}`);
      const world = { ...worldFrom(random), hasStun: true };
      const plan = planOf(world);
      const wireOf = (records: readonly ProbeRecord[]) => {
        const verdict = judge(records, world.relays, isPublicHere);
        return toWireReport({ verdict, endpoint: NOWHERE } as unknown as LocalReport);
      };
      const known = inOrder(plan, endAll(plan.filter(entersWireReport), world));
      // A direct path to a peer shows that UDP works. Its run is left out before the wire report is made.
      const isTold = (run: PendingRun) => entersWireReport(run) || run.probe === 'peer';
      const rest = endAll(
        plan.filter((run) => !isTold(run)),
        world,
      );
      looked += rest.filter(({ observation }) => observation !== undefined).length;
      expect(wireOf(inOrder(plan, [...known, ...rest]))).toEqual(wireOf(known));
    }
    expect(looked).toBeGreaterThan(WORLDS / 2);
  });
});

describe('a wire report that is settled while datagrams are exchanged', () => {
  it('never changes', () => {
    let settled = 0;
    for (let n = 0; n < WORLDS; n += 1) {
      const world = worldFrom(randomFrom(`early wire ${n}`));
      const { relays } = world;
      const plan = planOf(world).filter(entersWireReport);
      const wire = (all: readonly ProbeRecord[]) =>
        wireTextOf({ endpoint: NOWHERE, verdict: judgeOnRead(all, relays, isPublicHere) });
      const exchanges = plan.filter(({ target }) => target === 'exchange');
      const others = plan.filter((run) => !exchanges.includes(run));
      const records = inOrder(plan, endAll(others, world));
      if (!isSettled(plan, { records, relays }, wire)) continue;
      settled += 1;
      const is = wire(records);
      for (let time = 0; time < COMPLETIONS; time += 1)
        expect(wire(inOrder(plan, endAll(exchanges, world, records)))).toBe(is);
    }
    expect(settled).toBeGreaterThan(WORLDS / 20);
    expect(settled).toBeLessThan(WORLDS);
  });
});

describe('a settled colour', () => {
  it('knows what every probe may see', () => {
    const names = new Set(Object.keys(CASES).map((key) => key.split(' ')[0]));
    expect([...names].toSorted()).toEqual(PROBE_NAMES.filter((name) => !INSTANT.includes(name)).toSorted());
  });

  it('is none while a run is out of which nobody knows what it may see', () => {
    const plan = [{ ref: 'novel', probe: 'novel' }];
    expect(isSettled(plan, { records: [], relays: [] }, () => 'green')).toBe(false);
    expect(isSettled([], { records: [], relays: [] }, () => 'green')).toBe(true);
  });

  describe('comes no later than what it rests on', () => {
    const relays = targets([R1, R2]);
    const perRelay = ['https', 'relay', 'captive-portal'].flatMap((probe) =>
      [R1, R2].map((target): PendingRun => ({ ref: `${probe} ${target}`, probe, target })),
    );
    const gateway = ['pcp', 'nat-pmp', 'upnp'].map((probe): PendingRun => ({ ref: probe, probe }));
    const ended = (ref: string, probe: string, observation: Observation, family?: Family): ProbeRecord => ({
      ...{ ref, probe, outcome: 'ok', startedMs: 0, durationMs: 1, observation },
      ...(family === undefined ? {} : { family }),
    });
    const ROUTES = [ended('route 4', 'route', route(4)), ended('route 6', 'route', route(6, 'ENETUNREACH'))];
    /** A relay carries the endpoint's paths, and so does a direct one. */
    const RUNNING = ended('endpoint', 'endpoint', {
      homeRelays: [{ relayUrl: R2 }],
      paths: [{ remoteAddr: '203.0.113.77:40000', isRelay: false, received: 20 }],
    });
    const told = (...observed: [string, string]) =>
      ended(
        'qad 4',
        'qad',
        {
          addresses: ['203.0.113.10', '198.51.100.10'].map((ip, at) => ({
            ...(seenAs(observed[at] ?? '', ip).addresses?.[0] as AddressSeen),
            ...(at === 0 ? { again: observed[0] } : {}),
          })),
          latencies: [R1, R2].map((relayUrl) => ({ relayUrl, kind: 'ipv4', ms: 20 })),
          quic: [...(quic('established', R1).quic ?? []), ...(quic('established', R2).quic ?? [])],
        },
        4,
      );
    const EXCHANGE: PendingRun = { ref: 'exchange 4', probe: 'qad', target: 'exchange', family: 4 };
    const colourNow = (records: readonly ProbeRecord[], open: readonly PendingRun[]) => {
      let looks = 0;
      const colour = (all: readonly ProbeRecord[]) => {
        looks += 1;
        return colourOf(relays)(all);
      };
      const is = isSettled([...records, ...open], { records, relays }, colour);
      expect(looks).toBeLessThanOrEqual(MAX_LOOKS);
      return is ? colourOf(relays)(records) : null;
    };

    it('waits for no exchange of datagrams where a live direct path has carried many', () => {
      const records = [...ROUTES, RUNNING, told('203.0.113.66:1', '203.0.113.66:1')];
      expect(colourNow(records, [EXCHANGE, ...perRelay, ...gateway])).toBe('green');
    });

    it('waits for it without such a path: a network may drop QUIC after its handshake', () => {
      const records = [...ROUTES, told('203.0.113.66:1', '203.0.113.66:1')];
      expect(colourNow(records, [EXCHANGE])).toBeNull();
      const access = ended(`relay ${R1}`, 'relay', { access: [{ relayUrl: R1, stage: 'ready' }] });
      const sustained = ended('exchange 4', 'qad', quic('sustained', R1), 4);
      expect(colourNow([...records, access, sustained], perRelay.slice(0, 2))).toBe('green');
    });

    it('asks gateways for nothing where the mapping is good already, and waits for them where it is not', () => {
      const dependent = [...ROUTES, RUNNING, told('203.0.113.66:1', '203.0.113.66:2')];
      expect(colourNow(dependent, [EXCHANGE, ...perRelay, ...gateway])).toBeNull();
      expect(colourNow(dependent, [EXCHANGE, ...perRelay])).toBe('orange');
    });

    it('does not wait for what relays of a family say that this machine has no route to', () => {
      const elsewhere = [
        ended('route 4', 'route', route(4, 'ENETUNREACH')),
        ended('route 6', 'route', route(6)),
        ended('endpoint', 'endpoint', {
          homeRelays: [{ relayUrl: R2 }],
          paths: [{ remoteAddr: '[2001:db8:7::1]:40000', isRelay: false, received: 20 }],
        }),
        ended('qad 4', 'qad', {}, 4),
        ended('qad 6', 'qad', { ...openV6(), ...quic('established', R1, { family: 6 }) }, 6),
      ];
      const exchange: PendingRun = { ref: 'exchange 6', probe: 'qad', target: 'exchange', family: 6 };
      expect(colourNow(elsewhere, [exchange, ...perRelay, ...gateway])).toBe('green');
    });

    it('is not final while a STUN server may still show that the NAT depends on the destination', () => {
      const records = [...ROUTES, RUNNING, told('203.0.113.66:1', '203.0.113.66:1')];
      const mapping: PendingRun = { ref: 'stun 4', probe: 'stun', target: 'mapping', family: 4 };
      expect(colourNow(records, [mapping])).toBeNull();
      expect(colourNow(records, [{ ...mapping, target: 'filtering' }])).toBe('green');
    });
  });

  it('never changes, however the runs end that are still out', { tags: ['slow'] }, () => {
    const settled = new Map<Colour, number>();
    let early = 0;
    for (let n = 0; n < WORLDS; n += 1) {
      const random = randomFrom(`settled ${n}`);
      const world = worldFrom(random);
      const plan = planOf(world);
      const colour = colourOf(world.relays);
      const order = shuffled(plan, random);
      const ends = endAll(order, world);
      for (let count = 0; count <= order.length; count += 1) {
        const records = inOrder(plan, ends.slice(0, count));
        if (!isSettled(plan, { records, relays: world.relays }, colour)) continue;
        const is = colour(records);
        const rest = order.slice(count);
        settled.set(is, (settled.get(is) ?? 0) + 1);
        if (rest.length > 2) early += 1;
        for (let time = 0; rest.length > 0 && time < COMPLETIONS; time += 1) {
          const all = inOrder(plan, endAll(rest, world, records));
          expect(
            colour(all),
            JSON.stringify(
              {
                n,
                records: briefOf(records),
                rest: briefOf(all.filter(({ ref }) => rest.some((run) => run.ref === ref))),
              },
              null,
              1,
            ),
          ).toBe(is);
        }
        break;
      }
    }
    // It is said of every colour, and before the end: else it would be easy to be right.
    expect([...settled.keys()].toSorted()).toEqual(['green', 'grey', 'orange', 'red']);
    expect(early).toBeGreaterThan(WORLDS / 20);
  });
});
