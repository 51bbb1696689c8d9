import { expect } from 'vitest';
import { MANY_LOST } from '../../../lib/report/summary/sentence.js';
import type { Case } from '../harness/case.js';
import { RELAY_A, RELAY_B, RELAYS } from '../harness/relays.js';
import { relay } from '../harness/services.js';
import { firewall, home, MASQUERADE, nat } from './base.js';
import { delayedHome, delayWire } from './delayed.js';

const ONE_WAY_MS = 25;

/** The pair is given some seconds, and needs four to five of them here where it is lucky. */
const LOSSY = {
  reason: 'a path that loses a third finds a direct path late, or later than was waited for',
  says: new RegExp(MANY_LOST),
  isByChance: true,
};

/** Networks that lose, delay or hold up what they carry. */
export const QUALITY: readonly Case[] = [
  {
    name: 'every third packet lost',
    about: 'A link that loses every third packet of either direction.',
    topology: home(`${nat(MASQUERADE)}\n${firewall('numgen inc mod 3 == 0 drop')}`),
    isByChance: true,
    mayAlsoSay: MANY_LOST,
    oneSideCannotKnow: LOSSY,
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv4: { udp: 'yes', mapping: 'endpoint-independent' },
    },
    // What it loses is another matter each time.
    official: null,
  },
  {
    name: 'packets lost at random',
    about: 'A bad radio link that loses three of ten packets in either direction.',
    topology: home(`${nat(MASQUERADE)}\n${firewall('numgen random mod 1000 < 300 drop')}`),
    isByChance: true,
    mayAlsoSay: MANY_LOST,
    oneSideCannotKnow: LOSSY,
    truth: { colour: 'green', natType: 'Endpoint-Independent', ipv4: { udp: 'yes' } },
    // What it loses is another matter each time.
    official: null,
  },
  {
    name: 'delay',
    about: `A link with ${2 * ONE_WAY_MS} ms to the Internet and back.`,
    isByChance: true,
    topology: delayedHome(`${nat(MASQUERADE)}\n${firewall()}`),
    services: [delayWire(ONE_WAY_MS), relay(RELAY_A), relay(RELAY_B)],
    truth: { colour: 'green', natType: 'Endpoint-Independent', ipv4: { udp: 'yes' } },
    also: async ({ report }) => {
      for (const { ipv4Ms } of report.verdict.relays) {
        expect(ipv4Ms).toBeGreaterThanOrEqual(2 * ONE_WAY_MS);
        // Other networks run beside it on two cores: it is not twice as much.
        expect(ipv4Ms).toBeLessThan(2 * 2 * ONE_WAY_MS);
      }
    },
  },
  {
    name: 'bufferbloat',
    about: 'A slow uplink (64 kbit/s) whose queue is deep. A report needs more than three seconds there.',
    report: { deadline: 6000 },
    maxMs: 7000,
    topology: home(`${nat(MASQUERADE)}\n${firewall()}`),
    services: [
      ...RELAYS.map((each) => relay(each)),
      {
        start: (lab) =>
          lab.sh('rtr', 'tc qdisc add dev wan0 root tbf rate 64kbit burst 1600 latency 400ms').then(() => {}),
      },
    ],
    truth: { colour: 'green', natType: 'Endpoint-Independent', ipv4: { udp: 'yes' } },
  },
  {
    name: 'satellite',
    about: 'A link with 600 ms to the Internet and back.',
    isByChance: true,
    topology: delayedHome(`${nat(MASQUERADE)}\n${firewall()}`),
    services: [delayWire(300), relay(RELAY_A), relay(RELAY_B)],
    truth: { colour: 'green', natType: 'Endpoint-Independent', ipv4: { udp: 'yes' } },
  },
];
