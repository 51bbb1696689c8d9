import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HEARTBEAT_MS, IDLE_TIMEOUT_MS } from '../../platform/server/constants.js';
import { type Listeners, listen } from '../../platform/server/listen.js';
import { until } from '../support/fake-time.js';
import { Stage } from './stage.js';

const stage = new Stage();
const sockets: Socket[] = [];
let listeners: Listeners | null = null;

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await listeners?.close();
  listeners = null;
  await stage.close();
});

async function dial(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  // Being cut off is what it is for.
  socket.on('error', () => {});
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

describe('a client of the dashboard', () => {
  it('that cannot be taken, for want of files, ends nothing', async () => {
    listeners = await listen(['127.0.0.1'], 0, (_request, response) => void response.end('here'));
    // As Node tells of it; without a listener it would end the process.
    listeners.servers[0]?.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
    expect(await (await fetch(`http://127.0.0.1:${listeners.port}/`)).text()).toBe('here');
  });

  it('that asks on and on and never reads is cut off, while a live stream goes on', async () => {
    const page = 'x'.repeat(64 * 1024);
    let finished = 0;
    listeners = await listen(
      ['127.0.0.1'],
      0,
      async ({ url }, response) => {
        if (url !== '/live') {
          // Not "close": a Node that reads all requests before it pauses closes all when the client is cut off.
          response.on('finish', () => {
            finished += 1;
          });
          response.end(page);
          return;
        }
        const beat = setInterval(() => response.write(': beat\n\n'), 100);
        response.on('close', () => clearInterval(beat));
      },
      { idleMs: 500 },
    );
    const live = await dial(listeners.port);
    let beats = 0;
    live.on('data', () => {
      beats += 1;
    });
    live.write('GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    const greedy = await dial(listeners.port);
    greedy.pause();
    greedy.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'.repeat(1000));
    const count = () =>
      new Promise<number>((resolve) => {
        listeners?.servers[0]?.getConnections((_error, open) => resolve(open));
      });
    await until(() => finished > 0);
    const giveUp = performance.now() + 5_000;
    while ((await count()) > 1 && performance.now() < giveUp) await new Promise((r) => setTimeout(r, 50));
    expect(await count()).toBe(1);
    expect(finished).toBeLessThan(1000);
    const before = beats;
    await until(() => beats > before + 2);
  });

  it('that is a browser with a live stream survives on heartbeats', () => {
    expect(IDLE_TIMEOUT_MS).toBeGreaterThanOrEqual(2 * HEARTBEAT_MS);
  });

  it('that breaks off in the middle of a request is no fault of the platform: its log stays empty', async () => {
    const platform = await stage.platform({ dashboard: { port: 0 } });
    const { origin, port } = new URL(platform.dashboardUrl ?? '');
    for (let count = 0; count < 5; count += 1) {
      const headers = { origin, 'content-length': 100 };
      const broken = request({ host: '127.0.0.1', port, path: '/sign-in', method: 'POST', headers });
      broken.on('error', () => {});
      broken.write('name=');
      await once(broken, 'socket');
      await new Promise((resolve) => setTimeout(resolve, 50));
      broken.destroy();
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(stage.events.filter(({ type }) => type === 'warning')).toEqual([]);
  });
});
