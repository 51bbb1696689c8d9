import { describe, expect, it } from 'vitest';
import { runChild } from '../support/child.js';

/** Two endpoints, a router that echoes, an open connection with a call behind it. */
const SETTING = `
import { bindEndpoint, call, Router, readRequest, respond } from './lib/transport/index.js';
import { SecretKey } from './lib/wire/index.js';
import { ECHO, Loopback } from './test/support/loopback.js';
process.on('unhandledRejection', (error) => { console.log('UNHANDLED', error); process.exit(9); });
const net = new Loopback();
const server = await net.bind();
const router = new Router(server);
router.handle(ECHO, async (connection, { signal }) => {
  while (connection.closeReason === null) {
    const stream = await connection.acceptStream({ signal });
    await respond(stream, await readRequest(stream, { signal }));
  }
});
router.start();
const client = await net.bind();
const connection = await client.connect(server.address(), ECHO);
await call(connection, Uint8Array.of(1));
`;

async function runToEnd(source: string, nodeArgs: string[] = []): Promise<string> {
  const result = await runChild(source, { nodeArgs, timeoutMs: 25_000 });
  expect(result).toMatchObject({ code: 0, signal: null, stderr: '' });
  expect(result.durationMs).toBeLessThan(10_000);
  return result.stdout;
}

describe('a process exits by itself', () => {
  it('after router and endpoints were closed', async () => {
    await runToEnd(`${SETTING} await router.close(); await net.closeAll();`);
  });

  it('after the endpoints were closed under everything that waits', async () => {
    await runToEnd(`${SETTING}
      const quietly = (p: Promise<unknown>) => p.catch(() => {});
      const stream = await connection.openStream();
      quietly(stream.read(1)); quietly(connection.acceptStream()); quietly(server.online()); quietly(connection.closed());
      await net.closeAll();`);
  });

  it('after the router of an endpoint that stays open was closed', async () => {
    await runToEnd(`${SETTING} connection.close(0); await router.close(); (globalThis as any).held = net;`);
  });

  it('while somebody waits for a connection to close', async () => {
    await runToEnd(
      `${SETTING} await router.close(); connection.closed().then(() => {}); (globalThis as any).held = net;`,
    );
  });

  it('when nothing is awaited: no rejection is left over', { tags: ['slow'] }, async () => {
    await runToEnd(`${SETTING}
      const quietly = (p: Promise<unknown>) => p.catch(() => {});
      for (let i = 0; i < 20; i += 1) {
        quietly(call(connection, new Uint8Array(200_000), { timeoutMs: i }));
        quietly(client.connect(server.address(), ECHO, { timeoutMs: i }));
        quietly(client.connect(server.address(), 'unknown', { timeoutMs: i }));
      }
      setTimeout(() => { quietly(router.close()); quietly(net.closeAll()); }, 10);`);
  });
});

describe('garbage collection', () => {
  it('takes neither the endpoint nor the connection behind what is in use', async () => {
    const out = await runToEnd(
      `${SETTING}
      declare const gc: () => void;
      const onlyConnection = await (async () => {
        const passing = await bindEndpoint({ secretKey: SecretKey.fromBytes(new Uint8Array(32).fill(5)), network: 'minimal', bindAddrs: ['loopback'], alpns: [] });
        return passing.connect(server.address(), ECHO);
      })();
      const onlyStream = await (async () => (await client.connect(server.address(), ECHO)).openStream())();
      for (let i = 0; i < 10; i += 1) { gc(); await new Promise((done) => setTimeout(done, 20)); }
      await onlyStream.write(Uint8Array.of(1, 77));
      console.log((await onlyStream.readExact(2)).join(), onlyConnection.closeReason, connection.closeReason, router.connectionCount);
      await onlyStream.finish(); onlyConnection.close(0); connection.close(0);
      await router.close(); await net.closeAll();`,
      ['--expose-gc'],
    );
    expect(out).toBe('1,77 null null 3\n');
  });
});
