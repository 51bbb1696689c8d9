import { afterEach, describe, expect, it } from 'vitest';
import { Stage } from '../net-diagnostics/stage.js';
import { runChild } from '../support/child.js';

const stage = new Stage();
afterEach(() => stage.clear());

/** Boots and closes an app so often, each time with a page, a run and, with a secret, a session with the platform. */
const SOURCE = `import { createServer, request } from 'node:http';
  import { text } from 'node:stream/consumers';
  import { netDiagnostics } from './integrations/express/index.js';

  const apiSecret = process.env.SECRET ?? null;
  const options = {
    apiSecret, logger: false, network: 'minimal', bindAddrs: ['loopback'], probes: ['route', 'endpoint'],
    http: { access: 'loopback' },
  };
  // No fetch: its connections are kept in a pool that grows with every port.
  const ask = (url, method, headers) => new Promise((resolve, reject) => {
    request(url, { method, headers, agent: false }, (answer) => resolve(text(answer))).on('error', reject).end();
  });

  async function once() {
    const server = createServer((asked, response) => handle(asked, response, () => response.end()));
    const handle = netDiagnostics({ ...options, server });
    await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
    const url = 'http://127.0.0.1:' + server.address().port;
    await ask(url + '/status', 'GET', {});
    if (apiSecret !== null) await handle.ready({ timeoutMs: 10000 });
    await ask(url + '/report', 'POST', { accept: 'text/event-stream' });
    await new Promise((closed) => server.close(closed));
    await handle.stop();
  }

  const kilobytes = () => {
    globalThis.gc();
    return Math.round(process.memoryUsage().heapUsed / 1024);
  };
  const listeners = () => process.eventNames().map((name) => process.listenerCount(name)).reduce((a, b) => a + b, 0);
  process.on('warning', (warning) => console.log('warning', warning));
  process.on('unhandledRejection', (error) => console.log('unhandled', error));
  for (let count = 0; count < 20; count += 1) await once();
  const before = { kilobytes: kilobytes(), listeners: listeners() };
  const rounds = Number(process.env.ROUNDS);
  for (let count = 0; count < rounds; count += 1) await once();
  await new Promise((resolve) => setTimeout(resolve, 200));
  const grown = (kilobytes() - before.kilobytes) / rounds;
  console.log(JSON.stringify({ grown, listeners: listeners() - before.listeners }));`;

describe('an app that is started and stopped again and again in one process', () => {
  it.each([
    ['200 times without a platform', 200, false],
    ['60 times with one', 60, true],
  ])(
    'keeps neither memory nor listeners, and the process ends by itself: %s',
    async (_, rounds, withPlatform) => {
      const secret = withPlatform ? (await stage.platform()).apiSecret.reveal() : undefined;
      const env = { ROUNDS: String(rounds), ...(secret === undefined ? {} : { SECRET: secret }) };
      const child = await runChild(SOURCE, { env, nodeArgs: ['--expose-gc'], timeoutMs: 25_000 });
      expect({ code: child.code, stderr: child.stderr }).toEqual({ code: 0, stderr: '' });
      const { grown, listeners } = JSON.parse(child.stdout) as { grown: number; listeners: number };
      expect(listeners).toBe(0);
      // Kilobytes a round; one instance that is kept has some thirty.
      expect(grown).toBeLessThan(10);
    },
  );
});
