import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Handler, type Listeners, listen } from '../../../platform/server/listen.js';

let listeners: Listeners | null = null;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await listeners?.close();
  listeners = null;
});

async function serve(handler: Handler): Promise<number> {
  listeners = await listen(['127.0.0.1'], 0, handler);
  return listeners.port;
}

async function ask(
  port: number,
  agent: Agent | false = false,
): Promise<{ body: string; response: IncomingMessage }> {
  const asked = get({ host: '127.0.0.1', port, agent });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response) body += chunk;
  return { body, response };
}

async function closing(drainMs: number): Promise<number> {
  const startedAt = performance.now();
  await listeners?.close(drainMs);
  return performance.now() - startedAt;
}

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('listeners that are closed', () => {
  it('let answers end that were begun, and say that the connection does', async () => {
    const begun: (() => void)[] = [];
    const port = await serve(async (_request, response) => {
      await new Promise<void>((resolve) => begun.push(resolve));
      response.end('whole');
    });
    const agent = new Agent({ keepAlive: true });
    const answers = [ask(port), ask(port, agent)];
    while (begun.length < 2) await later(10);
    const closed = closing(10_000);
    await later(50);
    // Nobody new comes in.
    const [error] = await once(connect(port, '127.0.0.1'), 'error');
    expect(error.code).toBe('ECONNREFUSED');
    for (const go of begun) go();
    for (const { body, response } of await Promise.all(answers)) {
      expect(body).toBe('whole');
      expect(response.headers.connection).toBe('close');
    }
    expect(await closed).toBeLessThan(5_000);
    agent.destroy();
  });

  it('let an answer end whose head was sent already', async () => {
    const port = await serve(async (_request, response) => {
      response.write('the first half, ');
      await later(300);
      response.end('the second');
    });
    const answer = ask(port, new Agent({ keepAlive: true }));
    await later(100);
    expect(await closing(10_000)).toBeLessThan(5_000);
    expect((await answer).body).toBe('the first half, the second');
  });

  it('wait for nobody who asks for nothing: kept alive, silent, or in the middle of a head', async () => {
    const port = await serve((_request, response) => void response.end('here'));
    const agent = new Agent({ keepAlive: true });
    await ask(port, agent);
    for (const head of ['', 'GET / HTTP/1.1\r\nHost: x\r\n']) {
      const socket = connect(port, '127.0.0.1');
      sockets.push(socket);
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.write(head);
    }
    await later(50);
    expect(await closing(10_000)).toBeLessThan(1_000);
    agent.destroy();
  });

  it('cut what takes longer than they wait', async () => {
    const port = await serve((_request, response) => void response.write('for ever'));
    const answer = ask(port).catch((error: NodeJS.ErrnoException) => error.code);
    await later(100);
    const took = await closing(300);
    expect(took).toBeGreaterThan(250);
    expect(took).toBeLessThan(2_000);
    expect(await answer).toBe('ECONNRESET');
  });
});
