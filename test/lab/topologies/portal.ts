import type { Case } from '../harness/case.js';
import { RELAY_A, RELAY_B, RELAYS } from '../harness/relays.js';
import { dnsmasq, inspection, portal, relay, web } from '../harness/services.js';
import { firewall, home, MASQUERADE, nat } from './base.js';

const RUNNING = RELAYS.map((each) => relay(each));

/** Sends web requests to the router's own server. */
const TO_PORTAL = 'iifname "lan0" tcp dport 80 dnat to 192.168.1.1:8000';

/** Networks that answer in the place of others, and such that only seem to. */
export const PORTALS: readonly Case[] = [
  {
    name: 'captive portal',
    about: 'A hotel: whatever is asked, its login page answers; nothing else passes.',
    topology: home(`${nat(MASQUERADE, TO_PORTAL)}\n${firewall('iifname "lan0" drop')}`),
    services: [...RUNNING, portal('rtr', '192.168.1.1', 8000)],
    truth: {
      colour: 'grey',
      natType: 'Unknown',
      sentence: /captive portal/i,
      ipv4: { udp: 'unknown' },
      captivePortal: 'yes',
      preferredRelay: null,
    },
  },
  {
    name: 'web requests taken over, the rest let through',
    about:
      'A filter or a web page in the place of port 80. It holds nothing of iroh back: no captive portal.',
    topology: home(`${nat(MASQUERADE, TO_PORTAL)}\n${firewall()}`),
    services: [...RUNNING, portal('rtr', '192.168.1.1', 8000)],
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv4: { udp: 'yes' },
      captivePortal: 'no',
    },
    official: {
      captive_portal: 'it calls a portal what answers on port 80, whatever comes through beside it',
    },
  },
  {
    name: 'relays that redirect to HTTPS',
    about:
      'A proxy before the relays sends web requests on to HTTPS. That is no captive portal, nor the check.',
    topology: home(`${nat(MASQUERADE)}\n${firewall()}`),
    services: [RELAY_A, RELAY_B].flatMap((each) => [
      relay(each, { http: 8080 }),
      web(
        each.host,
        '::',
        80,
        `response.writeHead(301, { location: 'https://' + request.headers.host + request.url }).end()`,
      ),
    ]),
    truth: { colour: 'green', ipv4: { udp: 'yes' }, captivePortal: 'unknown' },
  },
  {
    name: 'DNS dead',
    about: 'The name server does not answer.',
    topology: {
      ...home(`${nat(MASQUERADE)}\n${firewall('iifname "lan0" udp dport 53 drop')}`),
      names: [],
      resolver: 'nameserver 203.0.113.10',
    },
    truth: {
      colour: 'grey',
      natType: 'Unknown',
      ipv4: { routed: 'yes', udp: 'unknown' },
      captivePortal: 'unknown',
      endedBy: 'finished',
    },
    mayContact: [/^(udp|tcp) 203\.0\.113\.10:53$/],
  },
  {
    name: 'DNS hijacked',
    about: 'The name server gives the address of the network itself for every name.',
    topology: {
      ...home(`${nat(MASQUERADE)}\n${firewall()}`),
      names: [],
      resolver: 'nameserver 192.168.1.1',
    },
    services: [
      ...RUNNING,
      dnsmasq('rtr', '192.168.1.1', '--address=/#/192.168.1.1'),
      portal('rtr', '192.168.1.1', 80),
    ],
    truth: {
      colour: 'grey',
      natType: 'Unknown',
      ipv4: { udp: 'unknown', publicAddress: null },
      captivePortal: 'yes',
      preferredRelay: null,
    },
    mayContact: [/^(udp|tcp) 192\.168\.1\.1:(53|80|443|7842)$/],
  },
  {
    name: 'captive portal that lets UDP pass',
    about: 'A hotel whose portal takes HTTP and HTTPS, with a certificate of its own, and forgets UDP.',
    topology: home(
      `${nat(MASQUERADE, `${TO_PORTAL}\n    iifname "lan0" tcp dport 443 dnat to 192.168.1.1:8443`)}\n${firewall()}`,
    ),
    services: [
      ...RUNNING,
      portal('rtr', '192.168.1.1', 8000),
      inspection('rtr', '192.168.1.1', 8443, 'itself'),
    ],
    truth: { colour: 'red', sentence: /^A captive portal/, captivePortal: 'yes', ipv4: { udp: 'yes' } },
    official: { captive_portal: 'it does not ask where two relays answered over QUIC' },
  },
  {
    name: 'captive portal that drops HTTPS and lets UDP pass',
    about: 'The same with HTTPS that gets no answer.',
    topology: home(`${nat(MASQUERADE, TO_PORTAL)}\n${firewall('iifname "lan0" tcp dport 443 drop')}`),
    services: [...RUNNING, portal('rtr', '192.168.1.1', 8000)],
    truth: { colour: 'red', sentence: /^A captive portal/, captivePortal: 'yes', ipv4: { udp: 'yes' } },
    official: { captive_portal: 'it does not ask where two relays answered over QUIC' },
  },
  {
    name: 'a filter for the web, UDP blocked',
    about: 'A company that looks through plain HTTP and drops UDP: nobody has to log in anywhere.',
    topology: home(`${nat(MASQUERADE, TO_PORTAL)}\n${firewall('meta l4proto udp drop')}`),
    services: [...RUNNING, web('rtr', '192.168.1.1', 8000, `response.writeHead(200).end('not this page')`)],
    truth: { colour: 'red', captivePortal: 'unknown', ipv4: { udp: 'no' } },
    official: {
      captive_portal: 'it calls a portal what answers on port 80, whatever comes through beside it',
    },
  },
];
