import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPeer, interopAvailable } from '../interop/support/index.js';
import { RELAY_TARGETS } from './harness/case.js';
import { withFarEnd } from './harness/far-end.js';
import { Lab } from './harness/lab.js';
import { Pair, type PairTry } from './harness/pair.js';
import { RELAY_NAMES, RELAY_PROGRAM, RELAYS, RelayCa } from './harness/relays.js';
import { relay } from './harness/services.js';
import { labRuns } from './harness/tools.js';
import type { Topology } from './harness/topology.js';
import { DUAL_CLIENT, firewall, home, MASQUERADE, nat, onTheInternet, V6_CLIENT } from './topologies/base.js';

const CLOSED = `${nat(MASQUERADE)}\n${firewall()}`;
/** A flow carries eight datagrams each way: enough to look direct, not to be it. */
const EIGHT_A_FLOW = `${nat(MASQUERADE)}\n${firewall('meta l4proto udp ct original packets > 8 drop')}`;

describe.skipIf(!labRuns(['openssl', RELAY_PROGRAM]) || !interopAvailable())('a pair', () => {
  let ca: RelayCa;
  beforeAll(async () => {
    await buildPeer();
    ca = new RelayCa();
  });
  afterAll(() => ca?.remove());

  it.concurrent.each<[string, Topology, PairTry]>([
    ['a home router', home(CLOSED), { outcome: 'direct', family: 4 }],
    ['a public address', onTheInternet(), { outcome: 'direct', family: 4 }],
    ['two families', home(CLOSED, DUAL_CLIENT), { outcome: 'direct' }],
    ['IPv6 alone', home(firewall(), V6_CLIENT), { outcome: 'direct', family: 6 }],
    ['a symmetric NAT', home(`${nat(`${MASQUERADE} fully-random`)}\n${firewall()}`), { outcome: 'relayed' }],
    ['no UDP', home(`${nat(MASQUERADE)}\n${firewall('meta l4proto udp drop')}`), { outcome: 'relayed' }],
    ['eight datagrams a flow', home(EIGHT_A_FLOW), { outcome: 'relayed' }],
    ['no TCP 443', home(`${nat(MASQUERADE)}\n${firewall('tcp dport 443 drop')}`), { outcome: 'not online' }],
  ])('tells the truth behind %s', async (_, topology, truth) => {
    const lab = await Lab.start(withFarEnd({ names: RELAY_NAMES, ...topology }));
    try {
      await Promise.all(RELAYS.map((each) => relay(each).start(lab, ca)));
      const pair = await Pair.start(lab, topology, RELAY_TARGETS, ca);
      expect(await pair?.outcome(false)).toMatchObject(truth);
    } finally {
      await lab.close();
    }
  });
});
