import type { Case } from '../harness/case.js';
import { coturn } from '../harness/services.js';
import { firewall, home, MASQUERADE, nat, STUN_ADDRESSES, STUN_SERVERS, TO_CLIENT } from './base.js';

const FULL_CONE = home(`${nat(MASQUERADE, TO_CLIENT)}\n${firewall()}`);
const HOME = home(`${nat(MASQUERADE)}\n${firewall()}`);

/** Nobody but STUN servers to ask. */
function only(stun: readonly string[]): NonNullable<Case['report']> {
  return { relays: [], stun, probes: ['route', 'stun'] };
}

/** STUN servers without any relay, with the oddities of a widespread one. No relay: nothing to compare with Rust. */
export const STUN_SETS: readonly Case[] = [
  {
    name: 'STUN servers alone',
    about: 'No relays; two STUN servers that can answer from another address.',
    topology: FULL_CONE,
    services: [coturn(STUN_ADDRESSES)],
    report: only(STUN_SERVERS),
    official: null,
    truth: {
      colour: 'grey',
      natType: 'Endpoint-Independent',
      ipv4: { mapping: 'endpoint-independent', filtering: 'endpoint-independent' },
    },
    outcomes: { 'stun IPv6 mapping': 'skipped', 'stun IPv6 filtering': 'skipped' },
  },
  {
    name: 'STUN servers with every third packet lost',
    about: 'The same behind a link that loses every third packet.',
    topology: home(`${nat(MASQUERADE, TO_CLIENT)}\n${firewall('numgen inc mod 3 == 0 drop')}`),
    services: [coturn(STUN_ADDRESSES)],
    report: only(STUN_SERVERS),
    official: null,
    truth: {
      colour: 'grey',
      ipv4: { mapping: 'endpoint-independent', filtering: 'endpoint-independent' },
    },
  },
  {
    name: 'STUN servers with one address each',
    about: 'They cannot answer from another address, and say so: that is no sign of a filter.',
    topology: FULL_CONE,
    services: [coturn(['203.0.113.10']), coturn(['203.0.113.11'], 3480)],
    report: only(['203.0.113.10:3478', '203.0.113.11:3480']),
    official: null,
    truth: { colour: 'grey', ipv4: { mapping: 'endpoint-independent', filtering: 'unknown' } },
    outcomes: { 'stun IPv4 filtering': 'skipped' },
  },
  {
    name: 'a STUN server that names itself as its other address',
    about: 'As coturn does when it is asked at its second address.',
    topology: HOME,
    services: [coturn(STUN_ADDRESSES)],
    report: only(['203.0.113.11:3478']),
    official: null,
    truth: { colour: 'grey', ipv4: { udp: 'unknown', mapping: 'unknown', filtering: 'unknown' } },
    outcomes: { 'stun IPv4 filtering': 'skipped' },
  },
  {
    name: 'a STUN server that ignores the wish for another address',
    about: 'It answers from where it was asked, which a full cone would look like.',
    topology: HOME,
    services: [coturn(STUN_ADDRESSES, 3478, '--aux-server=203.0.113.10:3500')],
    report: only(['203.0.113.10:3500']),
    official: null,
    truth: { colour: 'grey', ipv4: { udp: 'unknown', mapping: 'unknown', filtering: 'unknown' } },
    outcomes: { 'stun IPv4 filtering': 'skipped' },
  },
  {
    name: 'silent STUN servers',
    about: 'A firewall that lets out no UDP, and no relay that would show that the rest works.',
    topology: home(`${nat(MASQUERADE)}\n${firewall('meta l4proto udp drop')}`),
    services: [coturn(STUN_ADDRESSES)],
    report: only(STUN_SERVERS),
    official: null,
    truth: { colour: 'grey', ipv4: { udp: 'unknown', mapping: 'unknown', filtering: 'unknown' } },
    outcomes: { 'stun IPv4 mapping': 'timeout', 'stun IPv4 filtering': 'timeout' },
  },
];
