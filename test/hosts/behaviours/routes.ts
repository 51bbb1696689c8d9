import { createServer, request as send } from 'node:http';
import { connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';
import { PAGE_ASSETS } from '../../../lib/http/page/index.js';
import type { Host } from '../host.js';
import { statusOf } from './access.js';
import { Apps, OPEN, PATH } from './apps.js';

/** Where the routes are. */
export function describeRoutes(host: Host): void {
  const apps = new Apps();
  afterEach(() => apps.closeAll());

  it('serves the page with all its files, with a slash at its end and without', async () => {
    const app = await apps.boot(host, OPEN);
    const bare = await fetch(`${app.url}${PATH}?from=bookmark`);
    expect(bare.url).toBe(`${app.url}${PATH}/?from=bookmark`);
    expect(bare.headers.get('content-type')).toContain('text/html');
    expect((await fetch(`${app.url}${PATH}/`)).status).toBe(200);
    for (const [name, { type }] of PAGE_ASSETS) {
      const asset = await fetch(`${app.url}${PATH}/assets/${name}`);
      expect([name, asset.status, asset.headers.get('content-type')]).toEqual([name, 200, type]);
    }
    const head = await fetch(`${app.url}${PATH}/status`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('passes the query on', async () => {
    const app = await apps.boot(host, OPEN);
    await fetch(`${app.url}${PATH}/report`, { method: 'POST' });
    const whole = await (await fetch(`${app.url}${PATH}/report.txt`)).text();
    const redacted = await (await fetch(`${app.url}${PATH}/report.txt?redact=1`)).text();
    expect(redacted).not.toBe(whole);
  });

  it("leaves unknown paths to the app's own 404", async () => {
    const app = await apps.boot(host, OPEN);
    const ask = async (path: string) => {
      const answer = await fetch(app.url + path);
      expect(answer.status).toBe(404);
      // It may name the path.
      return [answer.headers.get('content-type'), (await answer.text()).replaceAll(path, 'PATH')];
    };
    expect(await ask(`${PATH}/none`)).toEqual(await ask('/none'));
    expect(await ask(`${PATH}/assets/none`)).toEqual(await ask('/none'));
    expect(await ask(`${PATH}-and-more`)).toEqual(await ask('/none'));
  });

  it('takes an encoded question mark for a part of the path, as every proxy before it does', async () => {
    const app = await apps.boot(host, OPEN);
    for (const target of [`${PATH}/status%3Fredact=1`, `${PATH}/report.txt%3f`, `${PATH}/%3F`]) {
      expect([target, await statusOf(app.url, target)]).toEqual([target, 404]);
    }
  });

  it('works below another path, behind a proxy that cuts a prefix off', async () => {
    const path = '/internal/of-the-app/diagnostics';
    const options = { ...OPEN, http: { authorize: () => true } };
    const app = await apps.boot(host, [{ path, options }], { trustProxy: true });
    const proxy = await startProxy('/outer', app.url);
    const page = await fetch(`${proxy.url}/outer${path}`);
    expect(page.url).toBe(`${proxy.url}/outer${path}/`);
    const [, asset = ''] = (await page.text()).match(/href="(\.\/assets\/[^"]+\.css)"/) ?? [];
    expect((await fetch(new URL(asset, page.url))).headers.get('content-type')).toContain('text/css');
    expect(await (await fetch(new URL('./status', page.url))).json()).toMatchObject({ state: 'disabled' });
    await proxy.stop();
  });

  it.runIf(host.hasHttp2)('speaks HTTP/2', async () => {
    const app = await apps.boot(host, OPEN, { http2: true });
    const session = connect(app.url);
    const ask = async (method: string, path: string, headers = {}) => {
      const stream = session.request({ ':method': method, ':path': PATH + path, ...headers });
      const status = new Promise((resolve) => stream.on('response', (head) => resolve(head[':status'])));
      stream.end();
      return { body: await text(stream), status: await status };
    };
    expect(await ask('GET', '/')).toMatchObject({ status: 200, body: expect.stringContaining('<html') });
    expect(await ask('GET', '')).toMatchObject({ status: 308 });
    const stream = await ask('POST', '/report', { accept: 'text/event-stream' });
    expect(stream).toMatchObject({ status: 200, body: expect.stringContaining('event: report') });
    expect(await ask('GET', '/report.txt')).toMatchObject({ status: 200 });
    expect(await ask('GET', '/none')).toMatchObject({ status: 404 });
    expect(await ask('GET', '/status', { 'x-forwarded-for': '127.0.0.1' })).toMatchObject({ status: 403 });
    session.close();
  });
}

/** A reverse proxy: takes `prefix` off and says whom it speaks for. */
async function startProxy(prefix: string, target: string): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer((incoming, outgoing) => {
    const forwarded = { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' };
    const url = target + (incoming.url ?? '').slice(prefix.length);
    const { method, headers } = incoming;
    const passed = send(url, { method, headers: { ...headers, ...forwarded } }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
