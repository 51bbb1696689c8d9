import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { DiagnoseOptions } from '../../lib/diagnose/index.js';
import { AnsweringRelays } from '../../lib/net-diagnostics/answering-relays.js';
import { Reporter } from '../../lib/net-diagnostics/reporter.js';
import { StatusStore } from '../../lib/net-diagnostics/status-store.js';
import { type NetDiagnosticsOptions, resolveSettings } from '../../lib/options/index.js';
import type { LocalReport } from '../../lib/report/index.js';
import { createTelemetry } from '../../lib/telemetry/index.js';
import { derOf, LabCa } from '../probes/qad/support/lab-ca.js';
import { QadServer } from '../probes/qad/support/qad-server.js';
import { FakeTime } from '../support/fake-time.js';
import { Stage } from './stage.js';

const stage = new Stage();
const ca = new LabCa();
afterEach(() => stage.clear());
afterAll(() => ca.remove());

/** Addresses of this machine that no other test uses: the relays' default port is one number for all. */
const IPS: Readonly<Record<string, string>> = { 'a.test': '127.0.0.71', 'b.test': '127.0.0.72' };
const DEFAULT_QUIC_PORT = 7842;

function reporterOf(options: NetDiagnosticsOptions, environment: DiagnoseOptions['environment']): Reporter {
  const clock = new FakeTime();
  const unset = { state: 'unset' } as const;
  const labels = { name: unset, group: unset, attributes: unset };
  const said = { name: null, group: null, attributes: {}, labels };
  const statusStore = new StatusStore(clock, () => {}, { state: 'starting', ...said });
  const telemetry = createTelemetry({ status: () => statusStore.status, clock });
  return new Reporter({
    settings: resolveSettings({ probes: ['qad'], deadline: 2500, ...options }),
    ...{ statusStore, telemetry, surroundings: { environment } },
  });
}

const known = ({ settings }: LocalReport) =>
  settings.relays.map(({ url, isQuicPortKnown }) => [url, isQuicPortKnown]);

describe('a reporter', () => {
  it('knows from then on that a relay has address discovery which answered once, and of no other', async () => {
    const root = ca.root('Lab CA');
    const leaf = ca.server(root, 'a.test');
    const server = await QadServer.start([derOf(leaf)], leaf.key, {}, IPS['a.test'], DEFAULT_QUIC_PORT);
    const reporter = reporterOf(
      { relays: ['https://a.test', 'https://b.test'] },
      {
        env: {},
        gateways: async () => ({}),
        lookup: async (host, family) => {
          const ip = IPS[host];
          return ip === undefined || family === 6 ? [] : [{ ip, family: 4 }];
        },
        bundledRoots: [root.cert],
        machineRoots: async () => [],
      },
    );
    const first = await reporter.report('run', null, {});
    expect(first.verdict.relays.map(({ ipv4Ms }) => ipv4Ms !== null)).toEqual([true, false]);
    expect(known(first)).toEqual([
      ['https://a.test/', false],
      ['https://b.test/', false],
    ]);

    await server.close();
    const second = await reporter.report('run', null, {});
    expect(known(second)).toEqual([
      ['https://a.test/', true],
      ['https://b.test/', false],
    ]);
    const silences = second.probes.flatMap(({ observation }) => observation?.silences ?? []);
    expect(silences).toContainEqual({ family: 4, relayUrl: 'https://b.test/', isKnown: false });
  });

  it('remembers as many relays as one report may ask, those that answered last', () => {
    const answering = new AnsweringRelays();
    const note = (url: string, ipv4Ms: number | null, ipv6Ms: number | null) =>
      answering.note({ verdict: { relays: [{ url, ipv4Ms, ipv6Ms }] } } as unknown as LocalReport);
    note('https://silent.test/', null, null);
    note('https://first.test/', 1, null);
    note('https://second.test/', null, 1);
    note('https://first.test/', 1, null);
    // Once is enough: what is silent now answered before.
    note('https://first.test/', null, null);
    for (let n = 0; n < 63; n += 1) note(`https://r${n}.test/`, 1, 1);
    expect(answering.urls).toHaveLength(64);
    expect(answering.urls.slice(0, 2)).toEqual(['https://first.test/', 'https://r0.test/']);
  });
});

describe('the snapshot of an app', () => {
  it('has the direct path of its own session with the platform', async () => {
    const platform = await stage.platform();
    const app = stage.start({ apiSecret: platform.apiSecret });
    await app.ready({ timeoutMs: 10_000 });
    const { local } = await app.preview();
    const sockets = platform.endpoint.boundSockets().map(({ port }) => port);
    const direct = local.endpoint?.paths.filter(({ isRelay }) => !isRelay) ?? [];
    expect(direct.map(({ remoteAddr }) => Number(remoteAddr.split(':').at(-1)))).toContainEqual(
      expect.toSatisfy((port: number) => sockets.includes(port)),
    );
    const seen = local.probes.find(({ probe }) => probe === 'endpoint')?.observation?.paths;
    expect(seen).toEqual(local.endpoint?.paths);
  });
});
