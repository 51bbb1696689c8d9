import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { LivePaths } from '../../lib/net-diagnostics/live-paths.js';
import { endpointProbe } from '../../lib/probes/endpoint.js';
import type { Endpoint } from '../../lib/transport/index.js';
import { IROH_RELAY, Programs, runsHere } from '../probes/qad/support/programs.js';
import { startPlainRelay } from '../probes/qad/support/relay.js';
import { runAlone } from '../probes/support/context.js';
import { until } from '../support/fake-time.js';
import { ECHO, Loopback } from '../support/loopback.js';

const servers: Server[] = [];
const net = new Loopback();
const programs = new Programs();
const mayRun = runsHere(IROH_RELAY, 'iroh-relay (cargo install iroh-relay --features server)');
afterEach(async () => {
  await net.closeAll();
  for (const server of servers.splice(0)) server.close();
  await programs.close();
});

const bind = (url: string, ...alpns: string[]) => net.bind({ relays: [{ url, quicPort: null }], alpns });

/** What a report about this endpoint says of relays in use. */
async function relaysInUse(subject: Endpoint, paths: LivePaths) {
  const { id, relayUrls, directAddrs } = subject.address();
  const endpoint = {
    ...{ endpointId: id, directAddrs, homeRelay: relayUrls[0] ?? null },
    paths: paths.snapshot(),
  };
  const [record] = await runAlone(endpointProbe, [], { endpoint });
  return record?.observation?.homeRelays;
}

describe('a home relay', () => {
  it('is named by iroh although it refuses every connection: that is no proof that it can be used', async () => {
    let refusals = 0;
    const relay = createServer((request, response) => {
      response.writeHead(request.url === '/ping' ? 200 : 404).end();
    });
    relay.on('upgrade', (_, socket) => {
      refusals += 1;
      socket.end('HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n');
    });
    servers.push(relay);
    await once(relay.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(relay.address() as AddressInfo).port}/`;
    const endpoint = await bind(url);
    await until(() => refusals > 1, 10_000);
    expect(endpoint.address().relayUrls).toEqual([url]);
    const inUse = await relaysInUse(endpoint, new LivePaths());
    expect(inUse).toEqual([]);
  });

  it.skipIf(!mayRun)('through which a peer is reached can be used', async () => {
    const url = await startPlainRelay(programs);
    const [one, other] = [await bind(url, ECHO), await bind(url, ECHO)];
    other.listen((incoming) => void incoming.accept().catch(() => {}));
    await Promise.all([one.online({ timeoutMs: 10_000 }), other.online({ timeoutMs: 10_000 })]);
    const paths = new LivePaths();
    const to = { id: other.id, relayUrls: [url], directAddrs: [] };
    paths.follow(await one.connect(to, ECHO, { timeoutMs: 10_000 }));
    const inUse = await relaysInUse(one, paths);
    expect(inUse).toEqual([{ relayUrl: url }]);
  });
});
