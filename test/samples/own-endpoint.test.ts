import { afterEach, describe, expect, it } from 'vitest';
import type { Endpoint } from '../../lib/transport/index.js';
import { parseEndpointId, parseSocketAddr } from '../../lib/wire/index.js';
import { type Child, startChild } from '../support/child.js';
import { Loopback } from '../support/loopback.js';
import { MarkdownPage } from '../support/markdown.js';
import { beginHandshakes, captureInitial } from '../support/quic-forger.js';

const ALPN = 'my-app/1';

/** The same on loopback, without relays; and it tells where it is. */
const LOCAL = `const builder = iroh.Endpoint.builder();
builder.applyMinimal();
builder.alpns(alpns.map((alpn) => [...Buffer.from(alpn)]));
for (const address of ['127.0.0.1:0', '[::1]:0']) builder.bindAddr(address);
const endpoint = await builder.bind();
console.log('at ' + JSON.stringify([Buffer.from(endpoint.id().toBytes()).toString('hex'), endpoint.boundSockets()]));`;

/** The block with a loop of the app's own. */
function sample(): string {
  const { fences } = MarkdownPage.read('docs/guides/own-endpoint.md');
  const code = fences.find((fence) => fence.code.includes('acceptNext()'))?.code ?? '';
  const local = code.replace(/const endpoint = await iroh\.Endpoint\.bind\([^;]*\);/, LOCAL);
  if (local === code) throw new Error('the guide shows no loop of its own, or binds otherwise');
  return local;
}

const net = new Loopback();
let child: Child | undefined;
afterEach(async () => {
  child?.process.kill('SIGKILL');
  await child?.ended;
  await net.closeAll();
});

/** Whether the app was reached: it closes the connection, as "your protocol" in the sample does. */
async function reaches(dialler: Endpoint, to: Parameters<Endpoint['connect']>[0]): Promise<boolean> {
  const connection = await dialler.connect(to, ALPN, { timeoutMs: 5_000 });
  return (await connection.closed()).code === 0;
}

describe('the accept loop of the guide, with its variables unset', () => {
  it('goes on while strangers begin handshakes and say no more', async () => {
    const env = { IROH_SERVICES_API_SECRET: undefined };
    child = await startChild(sample(), { env, timeoutMs: 60_000 });
    const [id, sockets] = JSON.parse((await child.line(/^at /)).slice(3)) as [string, string[]];
    const to = { id: parseEndpointId(id), relayUrls: [], directAddrs: sockets.map(parseSocketAddr) };
    const dialler = await net.bind();
    expect(await reaches(dialler, to)).toBe(true);

    const { port, initial } = await captureInitial();
    const trap = { ...to, directAddrs: [{ family: 4 as const, ip: '127.0.0.1', port }] };
    const stranger = await net.bind();
    stranger.connect(trap, ALPN, { timeoutMs: 500 }).catch(() => {});
    const door = to.directAddrs.find(({ family }) => family === 4);
    const close = await beginHandshakes(await initial, 3, door?.port ?? 0);
    try {
      expect(await reaches(await net.bind(), to)).toBe(true);
    } finally {
      close();
    }
  });
});
