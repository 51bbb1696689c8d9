import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:http2';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import request from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestPlatform } from '../../../lib/testing/index.js';
import { Memory, Stage } from '../../net-diagnostics/stage.js';
import { until } from '../../support/fake-time.js';
import { HttpRelay } from '../../support/http-relay.js';
import { type Host, OWN_PAGE, SLOW_PAGE } from '../host.js';
import { Apps, OPEN, PATH } from './apps.js';
import { type ReceivedEvent, readRun } from './event-reader.js';

/** Whether another server could listen where this app does. */
async function isFree(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const server = createServer();
  try {
    server.listen(Number(port), hostname);
    await once(server, 'listening');
    await new Promise((closed) => server.close(closed));
    return true;
  } catch {
    return false;
  }
}

/** Boot, grant, dial-back, shutdown. */
export function describeLife(host: Host): void {
  const apps = new Apps();
  const stage = new Stage();
  afterEach(async () => {
    await apps.closeAll();
    await stage.clear();
  });

  it('boots at once with a platform that is not there, serves, and closes', async () => {
    const { apiSecret } = await stage.absentPlatform();
    const startedAt = performance.now();
    const app = await apps.boot(host, { ...OPEN, apiSecret });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    const [diagnostics] = app.diagnostics;
    expect((await diagnostics?.ready({ timeoutMs: 50 }))?.state).not.toBe('online');
    expect(await (await fetch(app.url)).json()).toEqual(OWN_PAGE);
    await until(() => diagnostics?.status().state === 'connecting');
    expect(await (await fetch(`${app.url}${PATH}/status`)).json()).toMatchObject({ state: 'connecting' });
    const closingAt = performance.now();
    await app.close();
    expect(performance.now() - closingAt).toBeLessThan(5_500);
    expect(diagnostics?.status().state).toBe('stopped');
  });

  it('tells the platform its group and attributes, in a session of its own that the close ends well', async () => {
    const platform = await stage.platform();
    const attributes = { region: 'eu', tier: '' };
    const { apiSecret } = platform;
    const app = await apps.boot(host, { ...OPEN, apiSecret, name: 'web-1', group: 'staging', attributes });
    const [diagnostics] = app.diagnostics;
    await diagnostics?.ready({ timeoutMs: 10_000 });
    await until(() => diagnostics?.status().labels.attributes.state === 'taken');
    expect([platform.names, platform.groups, platform.attributes]).toEqual([
      ['web-1'],
      ['staging'],
      [attributes],
    ]);
    expect(await (await fetch(`${app.url}${PATH}/status`)).json()).toMatchObject({
      group: 'staging',
      attributes,
    });
    await app.close();
    await until(() => platform.endings.length === 1);
    expect(platform.endings[0]).toMatchObject({ by: 'peer', code: 0 });
    expect(platform.faults).toEqual([]);
  });

  it('frees its port at once when it closes while its platform is dialled and not there', async () => {
    const { endpoint, apiSecret } = await stage.absentPlatform();
    // A port where nobody is: the binding ends such a dial only after three seconds.
    await endpoint.close();
    const app = await apps.boot(host, { ...OPEN, apiSecret });
    const [diagnostics] = app.diagnostics;
    await until(() => diagnostics?.status().state === 'connecting');
    await sleep(100);
    const closingAt = performance.now();
    const closed = app.close();
    // What a hot reload does: it starts the next app without waiting for the end of this one.
    await until(() => isFree(app.url), 8_000);
    expect(performance.now() - closingAt).toBeLessThan(1_000);
    await closed;
    expect(diagnostics?.status().state).toBe('stopped');
  });

  it('without a secret it is disabled, and its page still measures', async () => {
    const app = await apps.boot(host, OPEN);
    const report = await fetch(`${app.url}${PATH}/report`, { method: 'POST' });
    expect(await report.json()).toMatchObject({ summary: { colour: expect.any(String) } });
    expect(app.diagnostics[0]?.status()).toMatchObject({ state: 'disabled', reason: 'no-secret' });
  });

  it('takes its secret from a file, as Docker and Kubernetes mount it', async () => {
    const platform = await stage.platform();
    const folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-secret-'));
    try {
      const apiSecretFile = join(folder, 'api-secret');
      await writeFile(apiSecretFile, `${platform.apiSecret.reveal()}\n`);
      const app = await apps.boot(host, { ...OPEN, apiSecretFile });
      expect((await app.diagnostics[0]?.ready({ timeoutMs: 10_000 }))?.state).toBe('online');
      await expect(apps.boot(host, { ...OPEN, apiSecretFile: join(folder, 'absent') })).rejects.toThrow(
        /`apiSecretFile`.*is not there/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('switched off it is a no-op: its paths are the app’s', async () => {
    const app = await apps.boot(host, { ...OPEN, enabled: false });
    const answer = await fetch(`${app.url}${PATH}/status`);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).not.toContain('problem');
  });

  it('ends its streams and lets the open requests of the app end when it closes', async () => {
    const relay = await HttpRelay.start(5_000);
    const options = { ...OPEN, relays: [{ url: relay.url, quicPort: null }], deadline: 10_000 };
    const app = await apps.boot(host, options);
    const events: ReceivedEvent[] = [];
    const stream = readRun(`${app.url}${PATH}/report`, {}, (event) => events.push(event));
    // Without keep-alive, whose end a server of Node's waits for.
    const slow = request(app.url)
      .get('/slow')
      .then(({ body }) => body);
    await until(() => events.length > 0);
    await sleep(50);

    const closingAt = performance.now();
    await app.close();
    expect(performance.now() - closingAt).toBeLessThan(2_000);
    expect((await stream).at(-1)).toMatchObject({ name: 'problem' });
    expect(await slow).toEqual(SLOW_PAGE);
    expect(app.diagnostics[0]?.status().state).toBe('stopped');
    await relay.stop();
  });

  it.runIf(host.hasHttp2)('ends its streams over HTTP/2, too', async () => {
    const relay = await HttpRelay.start(5_000);
    const options = { ...OPEN, relays: [{ url: relay.url, quicPort: null }], deadline: 10_000 };
    const app = await apps.boot(host, options, { http2: true });
    const session = connect(app.url);
    const stream = session.request({
      ':method': 'POST',
      ':path': `${PATH}/report`,
      accept: 'text/event-stream',
    });
    let received = '';
    stream.setEncoding('utf8').on('data', (text: string) => {
      received += text;
    });
    stream.end();
    await until(() => received.includes('event: probe'));
    const ended = once(stream, 'end').then(() => session.close());
    const closingAt = performance.now();
    await app.close();
    expect(performance.now() - closingAt).toBeLessThan(2_000);
    await ended;
    expect(received).toContain('event: problem');
    await relay.stop();
  });

  describe('with a platform', () => {
    let platform: TestPlatform;
    let revealed: string;
    beforeAll(async () => {
      platform = await TestPlatform.start();
      revealed = platform.env.IROH_SERVICES_API_SECRET ?? '';
    });
    afterAll(() => platform.stop());

    it('opens the button, answers it, tells no secret, and leaves when it closes', async () => {
      const memory = new Memory();
      const { onEvent } = memory;
      const own = { http: OPEN.http, name: 'host', logger: memory, onEvent };
      const app = await apps.boot(host, platform.options(own));
      const [diagnostics] = app.diagnostics;
      const status = await diagnostics?.ready({ timeoutMs: 10_000 });
      expect(status).toMatchObject({ state: 'online', grant: { state: 'granted' } });
      const report = await platform.dialBack({ app: diagnostics });
      expect(report.endpointId).toBe(status?.endpointId);

      // The report of a dial-back is the latest for the page, too.
      const shown = await Promise.all(
        ['/status', '/report', '/report.txt', '/'].map(async (path) => {
          const answer = await fetch(`${app.url}${PATH}${path}`);
          expect([path, answer.status]).toEqual([path, 200]);
          return answer.text();
        }),
      );
      await app.close();
      const isOnline = async () => (await platform.endpoints()).some((one) => one.isOnline);
      await until(async () => !(await isOnline()), 3_000);
      const told = [...shown, ...memory.lines, JSON.stringify(memory.events)].join('\n');
      expect(told).toContain('dial-back');
      for (let at = 'services'.length; at < revealed.length; at += 20) {
        const part = revealed.slice(at, at + 20);
        if (part.length === 20) expect(told).not.toContain(part);
      }
    });

    it('two instances in one app, each with an identity of its own', async () => {
      const options = (name: string) => platform.options({ http: OPEN.http, logger: false, name });
      const app = await apps.boot(host, [
        { path: PATH, options: options('first') },
        { path: '/second/diagnostics', options: options('second') },
      ]);
      const statuses = await Promise.all(app.diagnostics.map((one) => one.ready({ timeoutMs: 10_000 })));
      expect(statuses.map(({ name, state }) => [name, state])).toEqual([
        ['first', 'online'],
        ['second', 'online'],
      ]);
      const shown = await Promise.all(
        [PATH, '/second/diagnostics'].map(async (path) => (await fetch(`${app.url}${path}/status`)).json()),
      );
      expect(shown).toMatchObject(statuses.map(({ name, endpointId }) => ({ name, endpointId })));
      expect(statuses[0]?.endpointId).not.toBe(statuses[1]?.endpointId);
      await app.close();
      expect(app.diagnostics.map((one) => one.status().state)).toEqual(['stopped', 'stopped']);
    });
  });
}
