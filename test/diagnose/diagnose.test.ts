import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type DiagnoseOptions, diagnose, type ProbeEvent } from '../../lib/diagnose/index.js';
import { resolveSettings } from '../../lib/options/index.js';
import { type EndpointSnapshot, type LocalReport, renderText, toWireReport } from '../../lib/report/index.js';
import { decodeReport, encodeReport, parseSocketAddr, SecretKey } from '../../lib/wire/index.js';
import { derOf, LabCa } from '../probes/qad/support/lab-ca.js';
import { QadServer } from '../probes/qad/support/qad-server.js';
import { loopbackLookup } from '../probes/support/context.js';
import {
  description,
  documents,
  externalIpAnswer,
  FakeGateway,
  GATEWAY,
  SCPD,
  ssdpAnswer,
} from '../probes/support/fake-gateway.js';
import { Servers } from '../probes/support/servers.js';
import { TestCa } from '../probes/support/test-ca.js';
import { settle } from '../support/fake-time.js';
import { unhandledRejections } from '../support/unhandled-rejections.js';

const servers = new Servers();
const gateway = new FakeGateway();
let ca: TestCa;
beforeAll(async () => {
  ca = await TestCa.create();
});
afterEach(async () => {
  await servers.close();
  await gateway.close();
});
afterAll(() => ca.remove());

// Nobody's router is asked.
const environment = { lookup: loopbackLookup, env: {}, gateways: async () => ({}) };
const endpoint: EndpointSnapshot = {
  endpointId: SecretKey.fromBytes(new Uint8Array(32).fill(21)).id,
  directAddrs: [parseSocketAddr('192.168.1.100:4433')],
  homeRelay: 'https://home.test/',
  paths: [{ remoteAddr: '[2606:4700::1]:4433', isRelay: false }],
};

function twice<T>(value: T): T[] {
  return [value, value];
}

async function httpsRelay(name: string): Promise<string> {
  const identity = await ca.issue(name, `DNS:${name}`);
  return `https://${name}:${await servers.https(identity, (_, response) => response.end())}/`;
}

/** A gateway behind a carrier's NAT, with UPnP and NAT-PMP. */
async function homeGateway() {
  const http = await gateway.http(
    documents({ '/root.xml': description(), '/scpd.xml': SCPD, '/ctl': externalIpAnswer('100.64.0.11') }),
  );
  const answers = [Uint8Array.from([0, 128, 0, 0, 0, 0, 0, 1, 100, 64, 0, 11]), new Uint8Array(24)] as const;
  answers[1].set([2, 128, 0, 2]);
  return {
    portMapping: await gateway.portMapping((request, reply) => reply(answers[request[0] === 2 ? 1 : 0])),
    ssdp: await gateway.ssdp((_, reply) => reply(ssdpAnswer(`http://${GATEWAY}:${http}/root.xml`))),
  };
}

describe('diagnose', () => {
  it('asks two relays, judges, and makes both reports', async () => {
    const urls = [await httpsRelay('one.test'), await httpsRelay('two.test')];
    const portalPort = await servers.http(({ headers }, response) => {
      const answer = `response ${headers['x-iroh-challenge']}`;
      response.writeHead(204, { 'x-iroh-response': answer }).end();
    });
    const local = await diagnose({
      // Without address discovery: these relays only speak HTTPS.
      relays: urls.map((url) => ({ url, quicPort: null })),
      ca: [ca.cert],
      endpoint,
      environment: {
        ...environment,
        portalPort,
        clock: { now: () => 1_767_323_045_678 },
        gateways: async () => ({ gateway: GATEWAY }),
        gatewayPorts: await homeGateway(),
      },
    });
    expect(local).toMatchObject({
      version: 1,
      startedAt: '2026-01-02T03:04:05.678Z',
      deadlineMs: 3000,
      endedBy: 'finished',
      settings: { relays: urls.map((url) => ({ url, quicPort: null })), relaysFrom: 'settings' },
      endpoint,
    });
    expect(local.probes.map(({ ref }) => ref)).toEqual([
      'route IPv4 192.0.2.1',
      'route IPv6 2001:db8::1',
      ...urls.map((url) => `route ${url}`),
      'endpoint',
      ...urls.map((url) => `https ${url}`),
      ...urls.map((url) => `relay ${url}`),
      ...urls.map((url) => `captive-portal ${url}`),
      'pcp',
      'nat-pmp',
      'upnp',
    ]);
    // The web servers of this test take no relay's clients.
    const others = local.probes.filter(({ probe }) => probe !== 'relay');
    expect(others.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
    const { verdict } = local;
    expect(verdict.relays.every((relay) => relay.answered && relay.httpsMs !== null)).toBe(true);
    expect(urls).toContain(verdict.preferredRelay);
    expect(verdict.captivePortal.value).toBe('no');
    expect(verdict.tlsIntercepted.value).toBe('no');
    // A live direct path proves UDP; what no probe of this version sees is unknown, not false.
    expect(verdict.ipv6.udp.value).toBe('yes');
    expect(verdict.ipv4.mapping.value).toBe('unknown');
    expect(verdict.ipv4.filtering.value).toBe('unknown');
    const { upnp, pcp, natPmp } = verdict.portMapping;
    expect([upnp.value, pcp.value, natPmp.value]).toEqual(['yes', 'no', 'yes']);
    expect(verdict.upstreamNat.value).toBe('certain');
    // Its web servers take no WebSocket: relays that iroh could not use.
    expect(local.summary).toMatchObject({ colour: 'red', sentence: expect.stringContaining('WebSocket') });
    expect(local.notes).toEqual([expect.stringContaining('ca option')]);
    // A report is plain JSON.
    expect(JSON.parse(JSON.stringify(local))).toEqual(local);
    const wire = toWireReport(local);
    expect(decodeReport(encodeReport(wire))).toEqual({
      ...wire,
      netReport: { ...wire.netReport, relayLatency: expect.anything() },
    });
    expect(wire.netReport).toMatchObject({ udpV4: false, udpV6: true, captivePortal: false });
    expect(wire.portmapProbe).toEqual({ upnp: true, pcp: false, natPmp: true });
    expect(renderText(local)).toContain('Upstream NAT     certain (');
    expect(renderText(local)).toContain(urls[0]);
    await vi.waitFor(() => expect(servers.connections).toBe(0));
  });

  it('ends at its deadline with what it has, when some relays never answer', async () => {
    const good = `http://127.0.0.1:${await servers.http((_, response) => response.end())}/`;
    const hanging = `http://127.0.0.1:${await servers.tcp()}/`;
    const local = await diagnose({ relays: [{ url: good }, { url: hanging }], deadline: 300, environment });
    expect(local.endedBy).toBe('deadline');
    expect(local.durationMs).toBeGreaterThanOrEqual(299);
    expect(local.durationMs).toBeLessThan(3000);
    const outcomes = Object.fromEntries(local.probes.map(({ ref, outcome }) => [ref, outcome]));
    expect(outcomes).toMatchObject({
      [`https ${good}`]: 'ok',
      [`https ${hanging}`]: 'timeout',
      [`captive-portal ${hanging}`]: 'timeout',
    });
    expect(local.verdict.preferredRelay).toBe(good);
    // Nothing outlives the run: the relays see every connection go.
    await vi.waitFor(() => expect(servers.connections).toBe(0));
  });

  it('ends at its deadline when the resolver hangs', async () => {
    const lookup = () => new Promise<never>(() => undefined);
    const local = await diagnose({
      relays: [{ url: 'https://relay.test/' }],
      // The lookup is given up 50 ms before. A busy machine needs more than 50 ms to load the probes.
      deadline: 600,
      environment: { ...environment, lookup },
    });
    expect(local.endedBy).toBe('deadline');
    expect(local.summary).toMatchObject({
      colour: 'grey',
      sentence: expect.stringContaining('The name server does not answer'),
    });
  });

  it('ends early by its AbortSignal, also when that fired before', async () => {
    const relays = [{ url: `http://127.0.0.1:${await servers.tcp()}/` }];
    const controller = new AbortController();
    const running = diagnose({ relays, signal: controller.signal, environment });
    setTimeout(() => controller.abort(), 50);
    const local = await running;
    expect(local.endedBy).toBe('aborted');
    expect(local.durationMs).toBeLessThan(2900);
    expect(local.probes.some(({ error }) => error?.code === 'ABORTED')).toBe(true);
    const never = await diagnose({ relays, signal: AbortSignal.abort(), environment });
    expect(never.probes.every(({ outcome }) => outcome === 'aborted')).toBe(true);
  });

  it('works without an endpoint and without a relay', async () => {
    const local = await diagnose({ environment });
    expect(local).toMatchObject({
      endpoint: null,
      settings: { relaysFrom: 'none' },
      summary: { colour: 'grey' },
    });
    expect(() => toWireReport(local)).toThrow(expect.objectContaining({ code: 'ERR_STATE' }));
  });

  it("asks the endpoint's home relay when none is listed, and says so", async () => {
    const local = await diagnose({ endpoint, probes: ['endpoint'], environment });
    expect(local.settings).toMatchObject({
      relaysFrom: 'home-relay',
      relays: [{ url: 'https://home.test/' }],
    });
    expect(local.notes).toEqual([expect.stringContaining('home relay')]);
  });

  it('runs only the probes it is told to, and tells their progress', async () => {
    const events: ProbeEvent[] = [];
    const onProbe = (event: ProbeEvent) => {
      events.push(event);
      throw new Error('a broken display');
    };
    const local = await diagnose({
      endpoint,
      relays: [],
      probes: ['route', 'endpoint'],
      onProbe,
      environment,
    });
    expect(new Set(local.probes.map(({ probe }) => probe))).toEqual(new Set(['route', 'endpoint']));
    const ended = events.filter(({ phase }) => phase === 'ended');
    expect(events.filter(({ phase }) => phase === 'started')).toHaveLength(local.probes.length);
    expect(ended.map(({ done }) => done)).toEqual(local.probes.map((_, index) => index + 1));
    expect(ended.every(({ total, record }) => total === local.probes.length && record !== undefined)).toBe(
      true,
    );
    // What is concluded travels along; with the last run it is the report's own, and final.
    expect(ended.at(-1)?.soFar).toEqual({ summary: local.summary, isFinal: true });
    expect(ended.every(({ soFar }) => soFar !== undefined)).toBe(true);
    // Read only now: what was known later is none of it.
    expect(ended[0]?.soFar?.isFinal).toBe(false);
  });

  it('goes on when who is told is async and rejects: nobody else catches that, and the process would end', async () => {
    const unhandled = unhandledRejections();
    const fault = async () => {
      throw new Error('a broken display');
    };
    await diagnose({
      ...{ endpoint, relays: [], probes: ['route', 'endpoint'], environment },
      ...{ onProbe: fault, onWireFinal: fault },
    });
    await settle();
    expect(unhandled).toEqual([]);
  });

  it('hands over what the platform is told before it is whole, when the rest does not matter to it', async () => {
    const silent = await servers.tcp(() => undefined);
    const order: string[] = [];
    let early: LocalReport | undefined;
    const local = await diagnose({
      relays: [{ url: await httpsRelay('one.test'), quicPort: null }],
      probes: ['https', 'https-via-proxy'],
      ca: [ca.cert],
      endpoint,
      deadline: 1500,
      environment: { ...environment, env: { HTTPS_PROXY: `http://127.0.0.1:${silent}` } },
      onProbe: ({ phase, ref }) => order.push(`${phase} ${ref}`),
      onWireFinal: (report) => {
        order.push('wire');
        early = report;
      },
    });
    expect(order.filter((each) => !each.startsWith('started'))).toEqual([
      expect.stringMatching(/^ended https https:/),
      'wire',
      expect.stringMatching(/^ended https-via-proxy/),
    ]);
    expect(toWireReport(early ?? local)).toEqual(toWireReport(local));
    expect(early?.probes).toHaveLength(1);
  });

  it('is sure of the colour while datagrams are exchanged where a running app has a direct path, and else is not', async () => {
    const authority = new LabCa();
    const root = authority.root('Lab CA');
    const hosts = { 'a.test': '127.0.0.1', 'b.test': '127.0.0.2' };
    const relays = await Promise.all(
      Object.entries(hosts).map(async ([host, ip]) => {
        const leaf = authority.server(root, host);
        return { host, server: await QadServer.start([derOf(leaf)], leaf.key, {}, ip) };
      }),
    );
    const relayed = { remoteAddr: 'https://a.test/', isRelay: true, received: 20 };
    const direct = { remoteAddr: '203.0.113.7:4433', isRelay: false, received: 20 };
    /** The colour that was final when the exchange had not ended, or null, and whether the platform was told by then. */
    const beforeExchange = async (paths: EndpointSnapshot['paths']) => {
      const finals: (string | null)[] = [];
      const early: LocalReport[] = [];
      let hasEnded = false;
      const whole = await diagnose({
        endpoint: { ...endpoint, homeRelay: relayed.remoteAddr, paths },
        relays: relays.map(({ host, server }) => ({ url: `https://${host}/`, quicPort: server.port })),
        probes: ['route', 'endpoint', 'qad', 'https', 'relay'],
        isPublicAddress: () => true,
        environment: {
          ...environment,
          lookup: async (host) => [{ ip: hosts[host as keyof typeof hosts], family: 4 }],
          bundledRoots: [root.cert],
        },
        onProbe: ({ phase, ref, soFar }) => {
          if (phase !== 'ended') return;
          hasEnded ||= ref === 'qad IPv4 exchange';
          if (!hasEnded && soFar?.isFinal === true) finals.push(soFar.summary.colour);
        },
        onWireFinal: (report) => {
          if (!hasEnded) early.push(report);
        },
      });
      expect(hasEnded).toBe(true);
      for (const report of early) expect(toWireReport(report)).toEqual(toWireReport(whole));
      return { colour: finals[0] ?? null, isTold: early.length > 0 };
    };
    try {
      expect(await beforeExchange([relayed, direct])).toEqual({ colour: 'green', isTold: true });
      expect(await beforeExchange([relayed])).toEqual({ colour: null, isTold: false });
    } finally {
      await Promise.all(relays.map(({ server }) => server.close()));
      authority.remove();
    }
  });

  it('keeps nothing between calls', async () => {
    let asked = 0;
    const port = await servers.http((_, response) => {
      asked += 1;
      response.end();
    });
    const options: DiagnoseOptions = {
      relays: [{ url: `http://127.0.0.1:${port}/` }],
      probes: ['https'],
      environment,
    };
    await diagnose(options);
    await diagnose(options);
    expect(asked).toBe(2);
  });

  it('detaches, bounds and cleans what the endpoint was said to be', async () => {
    const paths = Array.from({ length: 1000 }, () => ({
      remoteAddr: `\x1b[2J${'x'.repeat(999)}`,
      isRelay: false,
    }));
    const local = await diagnose({
      endpoint: { ...endpoint, paths, homeRelay: 'javascript:alert(1)' },
      probes: ['endpoint'],
      environment,
    });
    expect(local.endpoint?.homeRelay).toBeNull();
    expect(local.endpoint?.paths).toHaveLength(64);
    expect(local.endpoint?.paths[0]?.remoteAddr).toHaveLength(200);
    expect(JSON.stringify(local)).not.toContain('\\u001b');
  });
});

describe('diagnose options', () => {
  it('a relay’s port is known when it was said, or the relay answered before', async () => {
    const listed = [
      { url: 'https://said.test/', quicPort: 7842 },
      { url: 'https://none.test/', quicPort: null },
      { url: 'https://answered.test/' },
      { url: 'https://new.test/' },
    ];
    const common = { endpoint, probes: ['endpoint'], environment } as const;
    const known = async (options: DiagnoseOptions) => {
      const { settings } = await diagnose({ ...common, ...options });
      return settings.relays.filter(({ isQuicPortKnown }) => isQuicPortKnown).map(({ url }) => url);
    };
    const answeredBefore = ['https://answered.test', 'https://home.test/'];
    expect(await known({ relays: listed, answeredBefore })).toEqual(listed.slice(0, 3).map(({ url }) => url));
    expect(await known({ relays: listed })).toEqual(listed.slice(0, 2).map(({ url }) => url));
    // The home relay, when none is listed.
    expect(await known({})).toEqual([]);
    expect(await known({ answeredBefore })).toEqual(['https://home.test/']);
  });

  it.each<[string, unknown]>([
    ['relays', { relays: [{ url: 'ftp://relay.test/' }] }],
    ['relays', { relays: [{ url: 'relay.test' }] }],
    ['relays', { relays: [{ url: 'https://me:secret@relay.test/' }] }],
    ['relays', { relays: [{ url: 'https://relay.test/', quicPort: 0 }] }],
    ['relays', { relays: Array.from({ length: 65 }, (_, n) => ({ url: `https://r${n}.test/` })) }],
    ['relays', { relays: ['https://relay.test', { url: 'https://relay.test/', quicPort: null }] }],
    ['answeredBefore', { answeredBefore: ['relay.test'] }],
    ['probes', { probes: ['route', 'hairpin'] }],
    ['peers', { peers: [{ id: endpoint.endpointId }] }],
    ['peers', { peers: [{ id: 'nobody', connect: async () => null }] }],
    ['peers', { peers: twice({ id: endpoint.endpointId, connect: async () => null }) }],
    ['deadline', { deadline: 0 }],
    ['deadline', { deadline: Number.NaN }],
    ['deadline', { deadline: '3000' }],
    ['deadline', { deadline: 0.5 }],
    ['ca', { ca: ['no certificate'] }],
    ['signal', { signal: {} }],
    ['onProbe', { onProbe: 'told' }],
    ['endpoint', { endpoint: { homeRelay: null } }],
    ['environment.portalport', { environment: { portalport: 80 } }],
    ['deadlineMs', { deadlineMs: 3000 }],
    ['stunServers', { stunServers: [] }],
  ])('%s is refused by name: %j', async (option, options) => {
    const error = await diagnose(options as DiagnoseOptions).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_SETTING' });
    expect(String(error)).toContain(`The setting \`${option}\` of diagnose() `);
    expect(String(error)).not.toContain('secret');
  });

  it.each([
    ['deadlineMs', 'deadline'],
    ['stunServers', 'stun'],
    ['relay', 'relays'],
  ])('%s is not known, and %s is named', async (wrong, right) => {
    await expect(diagnose({ [wrong]: undefined })).rejects.toThrow(
      `The setting \`${wrong}\` of diagnose() is not known. Did you mean \`${right}\`?`,
    );
    await expect(diagnose('https://relay.test' as DiagnoseOptions)).rejects.toMatchObject({
      code: 'ERR_SETTING',
    });
  });

  it('takes relays as texts, for which it threw a bare TypeError, and what was read once', async () => {
    const relays = ['https://a.test?quicPort=7843', { url: 'https://b.test', auth: 'services' as const }];
    const first = await diagnose({ relays, probes: ['endpoint'] });
    expect(first.settings.relays).toEqual([
      { url: 'https://a.test/', quicPort: 7843, isQuicPortKnown: true },
      { url: 'https://b.test/', quicPort: 7842, isQuicPortKnown: false },
    ]);
    const read = resolveSettings({ relays }).relays;
    const again = await diagnose({ relays: read, probes: ['endpoint'] });
    expect(again.settings.relays).toEqual(first.settings.relays);
  });
});
