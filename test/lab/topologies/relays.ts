import type { Case } from '../harness/case.js';
import { RELAY_A, RELAY_B } from '../harness/relays.js';
import { relay } from '../harness/services.js';
import { firewall, home, MASQUERADE, nat, ONE_WITNESS } from './base.js';

const HOME = home(`${nat(MASQUERADE)}\n${firewall()}`);

/** The mapping is not measured with one witness. */
/** Sets of relays that cannot tell everything. */
export const RELAY_SETS: readonly Case[] = [
  {
    name: 'one relay',
    about: 'A home router with one relay to ask: one point of view tells no mapping.',
    topology: HOME,
    services: [relay(RELAY_A)],
    report: { relays: [{ url: RELAY_A.url }] },
    truth: {
      colour: 'orange',
      natType: 'Unknown',
      ipv4: { udp: 'yes', mapping: 'unknown', publicAddress: /^203\.0\.113\.66:/ },
      preferredRelay: /relay-a/,
    },
    oneSideCannotKnow: ONE_WITNESS,
  },
  {
    name: 'two relays on one address',
    about: 'Two names for one machine: still one point of view.',
    topology: { ...HOME, names: [`${RELAY_A.ipv4} ${RELAY_A.name}`, `${RELAY_A.ipv4} ${RELAY_B.name}`] },
    services: [relay({ ...RELAY_A, alias: RELAY_B.name })],
    truth: { colour: 'orange', natType: 'Unknown', ipv4: { udp: 'yes', mapping: 'unknown' } },
    oneSideCannotKnow: ONE_WITNESS,
    official: {
      mapping_varies_by_dest_ipv4:
        'it compares answers of relays by their names: these come from one address',
    },
  },
  {
    name: 'relays without address discovery',
    about: 'Relays that say so (quicPort: null): whether UDP works is then unknown.',
    topology: HOME,
    services: [relay(RELAY_A, { quic: null }), relay(RELAY_B, { quic: null })],
    report: { relays: [RELAY_A, RELAY_B].map(({ url }) => ({ url, quicPort: null })) },
    truth: {
      colour: 'orange',
      natType: 'Unknown',
      sentence: /none told over QUIC/,
      ipv4: { udp: 'unknown' },
      captivePortal: 'no',
    },
  },
  {
    name: 'one relay without address discovery',
    about: 'Of two relays one discovers addresses.',
    topology: HOME,
    services: [relay(RELAY_A), relay(RELAY_B, { quic: null })],
    report: { relays: [{ url: RELAY_A.url }, { url: RELAY_B.url, quicPort: null }] },
    truth: { colour: 'orange', natType: 'Unknown', ipv4: { udp: 'yes', mapping: 'unknown' } },
    oneSideCannotKnow: ONE_WITNESS,
  },
];
