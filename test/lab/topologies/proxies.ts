import type { Case } from '../harness/case.js';
import { RELAYS } from '../harness/relays.js';
import { connectProxy, dnsmasq, relay, web } from '../harness/services.js';
import { firewall, home, MASQUERADE, nat } from './base.js';

const SERVICES = [...RELAYS.map((each) => relay(each)), connectProxy('rtr', '192.168.1.1', 3128)];

const THROUGH_PROXY = { env: { HTTPS_PROXY: 'http://192.168.1.1:3128' } };

const TO_PROXY = /^tcp 192\.168\.1\.1:3128$/;

const PROXY_ONLY = home(`${nat(MASQUERADE)}\n${firewall('iifname "lan0" drop')}`);

/** Networks with an HTTP proxy. iroh does not use one by itself. */
export const PROXIES: readonly Case[] = [
  {
    name: 'proxy as the only way out',
    about: 'A company network: HTTPS goes through its proxy, and nothing goes past it.',
    topology: PROXY_ONLY,
    services: SERVICES,
    report: THROUGH_PROXY,
    truth: {
      colour: 'grey',
      natType: 'Unknown',
      sentence: /through the proxy alone/,
      ipv4: { mapping: 'unknown' },
    },
    outcomes: { 'https-via-proxy https://relay-a.test/': 'ok' },
    mayContact: [TO_PROXY],
  },
  {
    name: 'proxy as the only way out, names too',
    about: 'The same, and the name server knows names of the company only.',
    topology: { ...PROXY_ONLY, names: [], resolver: 'nameserver 192.168.1.1' },
    services: [...SERVICES, dnsmasq('rtr', '192.168.1.1', '--local=/test/')],
    report: THROUGH_PROXY,
    truth: {
      colour: 'grey',
      natType: 'Unknown',
      sentence: /through the proxy alone/,
      ipv4: { mapping: 'unknown' },
    },
    outcomes: { 'https-via-proxy https://relay-a.test/': 'ok' },
    mayContact: [TO_PROXY, /^(udp|tcp) 192\.168\.1\.1:53$/],
  },
  {
    name: 'proxy beside a direct way',
    about: 'The environment names a proxy, and all goes without it as well.',
    topology: home(`${nat(MASQUERADE)}\n${firewall()}`),
    services: SERVICES,
    report: THROUGH_PROXY,
    truth: { colour: 'green', natType: 'Endpoint-Independent', ipv4: { udp: 'yes' } },
    outcomes: { 'https-via-proxy https://relay-a.test/': 'ok' },
    mayContact: [TO_PROXY],
  },
  {
    name: 'proxy with a list of names',
    about: 'The proxy is the only way out, and the relays are not on its list.',
    topology: PROXY_ONLY,
    services: [
      ...RELAYS.map((each) => relay(each)),
      web('rtr', '192.168.1.1', 3128, 'response.writeHead(403).end()'),
    ],
    report: THROUGH_PROXY,
    truth: { colour: 'grey', natType: 'Unknown', sentence: /Nothing answered/ },
    mayContact: [TO_PROXY],
  },
];
