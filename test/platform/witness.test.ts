import { afterEach, describe, expect, it } from 'vitest';
import type { DiagnosticsReport, EndpointId, SocketAddr } from '../../lib/wire/index.js';
import { formatSocketAddr } from '../../lib/wire/index.js';
import type { PlatformOptions } from '../../platform/index.js';
import { bearer, originOf } from '../support/dashboard-door.js';
import { grantToken, openSession, refOf, Stage, sampleReport, tell } from './stage.js';

const stage = new Stage();
afterEach(() => stage.close());

/** Each address of this machine plays one on the Internet. */
const isPublic = (ip: string) => ip.startsWith('127.');
const APP = '127.0.0.2';

/** What an app behind one relay at 127.0.0.9 says, which told it this address. */
function reportOf(endpointId: EndpointId, own: SocketAddr): DiagnosticsReport {
  const sample = sampleReport(endpointId);
  if (sample.netReport === null) throw new Error('the sample has one');
  const ipv4 = [{ relayUrl: 'https://127.0.0.9:1/', latencyMs: 9 }];
  return {
    ...sample,
    netReport: {
      ...sample.netReport,
      ...{ udpV6: false, mappingVariesByDestIpv4: null, relayLatency: { ipv4, ipv6: [], https: ipv4 } },
    },
    directAddrs: [own],
    portmapProbe: { upnp: false, pcp: false, natPmp: false },
  };
}

/** A platform, and an app with a session and a grant that answers dial-backs with such a report. */
async function scene(options: Partial<PlatformOptions> = {}) {
  // Not by IPv6, where both would be at one address.
  const bindAddrs = ['127.0.0.1:0'];
  const given = { dashboard: { port: 0 }, bindAddrs, ...options };
  const platform = await stage.platform(given, undefined, isPublic);
  const endpoint = await stage.clientHost({ onRun: async () => ({ ok: true, value: report() }) }, APP);
  const own = endpoint.boundSockets().find(({ ip }) => ip === APP);
  if (own === undefined) throw new Error('it is bound there');
  /** Its relay told it this port. */
  const told = { port: own.port };
  const report = () => reportOf(endpoint.id, { ...own, ...told });
  const connection = await openSession(endpoint, platform, await platform.createApiSecret());
  await tell(connection, { type: 'grant-cap', token: grantToken(endpoint, platform) });
  return { platform, endpoint, own, told, connection, report };
}

describe('the platform as a witness', () => {
  it('keeps at which address it saw the app, at a dial-back and when the app sends a report', async () => {
    const { platform, endpoint, own, connection, report } = await scene();
    const seen = {
      ...{ path: 'direct', address: formatSocketAddr(own), relayPath: null },
      ...{ relaysAreElsewhere: false, othersAreDirect: false },
    };
    expect((await platform.dialBack(endpoint.id)).sighting).toEqual(seen);
    await tell(connection, { type: 'put-network-diagnostics', report: report() });
    const reports = await platform.reports(endpoint.id);
    expect(reports.map(({ source, sighting }) => [source, sighting])).toEqual([
      ['upload', seen],
      ['dial-back', seen],
    ]);
    // Its relay is none of the platform's own.
    const view = await platform.endpoint(endpoint.id);
    expect(view?.latestReport?.facts).toMatchObject({ level: 'orange', natType: 'Unknown' });
  });

  it('is a second vantage point beside its own relay, and the API and its list say so', {
    tags: ['slow'],
  }, async () => {
    // It waits some seconds for this relay, which is none.
    const { platform, endpoint, own, told } = await scene({ relays: ['https://127.0.0.9:1/'] });
    const { id } = await platform.dialBack(endpoint.id);
    const api = `${originOf(platform)}/api/v1/projects/default`;
    // biome-ignore lint/suspicious/noExplicitAny: whatever it answers is looked at
    const get = async (path: string): Promise<any> =>
      (await fetch(`${api}/${path}`, { headers: bearer() })).json();
    const facts = { level: 'green', natType: 'Endpoint-Independent', natTypeBy: 'platform' };
    expect(await get(`reports/${id}`)).toMatchObject({
      ...facts,
      sighting: { path: 'direct', address: formatSocketAddr(own), relaysAreElsewhere: true },
      view: {
        level: 'green',
        network: [{ label: 'Seen from here', value: `${formatSocketAddr(own)}, directly` }, {}, {}],
      },
    });
    const { endpoint: row, reports } = await get(`endpoints/${endpoint.id}`);
    expect([row.latestReport, reports.items[0]]).toMatchObject([facts, facts]);
    // An address that the platform saw stands in the report alone, as those that the app lists.
    for (const list of ['endpoints?level=green', `endpoints/${endpoint.id}/reports`]) {
      const { items } = await get(list);
      expect(items).toHaveLength(1);
      expect(JSON.stringify(items)).not.toContain(APP);
    }
    expect((await get('fleet')).levels).toMatchObject({ green: 1, red: 0 });

    told.port = own.port - 1;
    await platform.dialBack(endpoint.id);
    const view = await platform.endpoint(endpoint.id);
    expect(view?.latestReport?.facts).toMatchObject({
      ...{ level: 'orange', natType: 'Endpoint-Dependent', natTypeBy: 'platform' },
    });
  });

  it('is none inside its own network', async () => {
    const platform = await stage.platform({});
    const endpoint = await stage.clientHost(
      { onRun: async () => ({ ok: true, value: sampleReport(endpoint.id) }) },
      APP,
    );
    const connection = await openSession(endpoint, platform, await platform.createApiSecret());
    await tell(connection, { type: 'grant-cap', token: grantToken(endpoint, platform) });
    expect((await platform.dialBack(endpoint.id)).sighting).toBeNull();
    expect(await platform.reports(refOf(endpoint.id).id)).toMatchObject([{ sighting: null }]);
  });

  it('sees others, and an app that lies about itself changes nothing for them', async () => {
    const { platform, endpoint } = await scene();
    const others = async () => (await platform.dialBack(endpoint.id)).sighting?.othersAreDirect;
    expect(await others()).toBe(false);
    const liar = await stage.clientHost(
      {
        onRun: async () => ({ ok: true, value: reportOf(liar.id, { family: 4, ip: '127.0.0.77', port: 1 }) }),
      },
      // Where the app is.
      APP,
    );
    const session = await openSession(liar, platform, await platform.createApiSecret());
    await tell(session, { type: 'grant-cap', token: grantToken(liar, platform) });
    expect((await platform.dialBack(liar.id)).sighting?.address).toContain(APP);
    expect(await others()).toBe(false);
    const other = await stage.clientHost({ onRun: () => new Promise(() => {}) }, '127.9.0.3');
    await openSession(other, platform, await platform.createApiSecret());
    expect(await others()).toBe(true);
  });
});
