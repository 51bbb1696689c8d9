import type { Case } from '../harness/case.js';
import { RELAY_A, RELAY_B, RELAYS } from '../harness/relays.js';
import { COMPANY_ROOT, inspection, portal, relay } from '../harness/services.js';
import { DUAL_CLIENT, firewall, home, MASQUERADE, nat } from './base.js';

const RUNNING = RELAYS.map((each) => relay(each));

/** Sends HTTPS to a server of the router's. */
const TO_INSPECTION = 'iifname "lan0" tcp dport 443 dnat to 192.168.1.1:8443';

const INSPECTED = home(`${nat(MASQUERADE, TO_INSPECTION)}\n${firewall()}`);

/** Perfect UDP, and no relay that iroh could use. */
const NO_RELAY: Case['truth'] = {
  colour: 'red',
  natType: 'Endpoint-Independent',
  ipv4: { udp: 'yes', mapping: 'endpoint-independent' },
};

/** An address that nobody has. */
const DEAD = '198.51.100.98';
const ALSO_DEAD = '198.51.100.97';

/** The relays under names that their certificates do not have. */
const OTHER_NAMES = [`${RELAY_A.ipv4} relay-x.test`, `${RELAY_B.ipv4} relay-y.test`];

const UDP_ALL_THE_SAME = {
  udp_v4: 'it believes no relay whose certificate it refuses; that one answered shows that UDP passes',
};

/** Networks that let iroh's datagrams through but keep it from its relays, which it uses over TLS. */
export const TRUST: readonly Case[] = [
  {
    name: 'TCP 443 dropped',
    about: 'A firewall that lets out every datagram and drops HTTPS.',
    topology: home(`${nat(MASQUERADE)}\n${firewall('iifname "lan0" tcp dport 443 drop')}`),
    truth: { ...NO_RELAY, sentence: /do not answer over TCP/ },
  },
  {
    name: 'TCP 443 rejected',
    about: 'A firewall that lets out every datagram and refuses HTTPS.',
    topology: home(`${nat(MASQUERADE)}\n${firewall('iifname "lan0" tcp dport 443 reject with tcp reset')}`),
    truth: { ...NO_RELAY, sentence: /refuse TCP/ },
  },
  {
    name: 'TLS intercepted, self-signed',
    about: 'A box on the way that decrypts HTTPS, with a certificate that nobody trusts.',
    topology: INSPECTED,
    services: [...RUNNING, inspection('rtr', '192.168.1.1', 8443, 'itself')],
    truth: { ...NO_RELAY, sentence: /iroh does not trust/ },
  },
  {
    name: 'TLS intercepted, trusted by this machine',
    about: "A company's TLS inspection, whose authority is installed on this machine. iroh does not know it.",
    topology: INSPECTED,
    services: [...RUNNING, inspection('rtr', '192.168.1.1', 8443, 'a company')],
    report: { env: { NODE_EXTRA_CA_CERTS: COMPANY_ROOT } },
    truth: { ...NO_RELAY, sentence: /TLS is intercepted/, tlsIntercepted: 'yes' },
  },
  {
    name: 'certificates expired',
    about: 'Nobody renewed the certificates of the relays.',
    topology: home(`${nat(MASQUERADE)}\n${firewall()}`),
    services: RELAYS.map((each) => relay(each, { valid: [-60, -1] })),
    truth: { colour: 'red', sentence: /have expired/ },
    official: UDP_ALL_THE_SAME,
  },
  {
    name: 'certificates not yet valid',
    about: "As a machine sees it whose clock is behind: the relays' certificates begin tomorrow.",
    topology: home(`${nat(MASQUERADE)}\n${firewall()}`),
    services: RELAYS.map((each) => relay(each, { valid: [1, 60] })),
    truth: { colour: 'red', sentence: /not valid yet/ },
    official: UDP_ALL_THE_SAME,
  },
  {
    name: 'names with IPv6 alone, IPv6 broken',
    about:
      'The machine has IPv6 addresses and a route, and nothing comes back; the relays have no IPv4 name.',
    topology: {
      ...home(`${nat(MASQUERADE)}\n${firewall('meta nfproto ipv6 drop')}`, DUAL_CLIENT),
      names: RELAYS.map(({ name, ipv6 }) => `${ipv6} ${name}`),
    },
    truth: { colour: 'grey', ipv6: { udp: 'unknown' } },
  },
  {
    name: 'a dead address beside a good one',
    about: 'One of two relays has two IPv4 addresses, and nobody answers at the first.',
    topology: {
      ...home(`${nat(MASQUERADE)}\n${firewall(`ip daddr ${DEAD} drop`)}`),
      names: [`${DEAD} ${RELAY_A.name}`, ...[RELAY_A, RELAY_B].map(({ name, ipv4 }) => `${ipv4} ${name}`)],
    },
    truth: { colour: 'green', natType: 'Endpoint-Independent', ipv4: { udp: 'yes' } },
    official: {
      mapping_varies_by_dest_ipv4: 'over QUIC it asks the first address of a name alone, which is dead',
    },
    mayContact: [/^(tcp|udp) 198\.51\.100\.98:(80|443|7842)$/],
  },
  {
    name: 'a dead address first at every relay',
    about: 'Each relay has two IPv4 addresses, and nobody answers at the first, which alone iroh measures.',
    topology: {
      ...home(`${nat(MASQUERADE)}\n${firewall(`ip daddr { ${DEAD}, ${ALSO_DEAD} } drop`)}`),
      names: [
        `${DEAD} ${RELAY_A.name}`,
        `${ALSO_DEAD} ${RELAY_B.name}`,
        ...[RELAY_A, RELAY_B].map(({ name, ipv4 }) => `${ipv4} ${name}`),
      ],
    },
    truth: { colour: 'grey', sentence: /the first address of its name is dead/ },
    official: {
      udp_v4: 'it asks the first address of a name alone, which is dead',
      mapping_varies_by_dest_ipv4: 'as before',
      global_v4: 'as before',
      preferred_relay: 'as before',
      captive_portal: 'as before',
    },
    mayContact: [/^(tcp|udp) 198\.51\.100\.9[78]:(80|443|7842)$/],
    platformCannotKnow: 'the report has HTTPS latencies, of addresses that iroh does not try',
  },
  {
    name: 'TLS hangs, QUIC passes',
    about: 'Large TCP packets are lost on the way here (a small MTU, and ICMP filtered); datagrams pass.',
    topology: home(
      `${nat(MASQUERADE)}\n${firewall('iifname "wan0" meta l4proto tcp meta length > 700 drop')}`,
    ),
    truth: { ...NO_RELAY, sentence: /TLS handshake hangs/ },
  },
  {
    name: 'TLS hangs, QUIC does not pass',
    about: 'All large packets are lost on the way here.',
    topology: home(`${nat(MASQUERADE)}\n${firewall('iifname "wan0" meta length > 700 drop')}`),
    truth: { colour: 'red', natType: 'Unknown', ipv4: { mapping: 'unknown' } },
  },
  {
    name: 'TLS cut off',
    about: 'A firewall that ends a TCP connection when it sees TLS to the relays.',
    topology: home(
      `${nat(MASQUERADE)}\n${firewall('iifname "lan0" tcp dport 443 tcp flags & psh == psh reject with tcp reset')}`,
    ),
    truth: { ...NO_RELAY, sentence: /the TLS handshake is cut off/ },
  },
  {
    name: 'plain HTTP in the place of TLS',
    about: 'Something that speaks no TLS takes the port of HTTPS.',
    topology: INSPECTED,
    services: [...RUNNING, portal('rtr', '192.168.1.1', 8443)],
    truth: { ...NO_RELAY, sentence: /speaks no TLS/ },
  },
  {
    name: 'names that are not on the certificates',
    about: 'The URLs name the relays in another way than their certificates do.',
    topology: { ...home(`${nat(MASQUERADE)}\n${firewall()}`), names: OTHER_NAMES, farNames: OTHER_NAMES },
    report: { relays: ['x', 'y'].map((name) => ({ url: `https://relay-${name}.test/`, quicPort: 7842 })) },
    truth: { colour: 'red', sentence: /a certificate for another name/ },
    official: UDP_ALL_THE_SAME,
  },
];
