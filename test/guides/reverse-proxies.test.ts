import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type NetDiagnosticsMiddleware, netDiagnostics } from '../../integrations/express/index.js';
import { MarkdownPage } from '../support/markdown.js';
import { Nginx, nginxAvailable } from '../support/nginx.js';

const blocks = MarkdownPage.read('docs/guides/reverse-proxies.md')
  .fences.filter(({ language }) => language === 'nginx')
  .map(({ code }) => code);
const [plain = '', elsewhere = '', login = ''] = blocks;

describe.skipIf(!nginxAvailable())(
  'a real nginx with the lines of the guide, before an app with `authorize`',
  () => {
    let diagnostics: NetDiagnosticsMiddleware;
    let server: Server;
    let port: number;
    let nginx: Nginx | undefined;
    beforeAll(async () => {
      diagnostics = netDiagnostics({
        apiSecret: null,
        network: 'minimal',
        bindAddrs: ['loopback'],
        probes: ['route'],
        logger: false,
        http: { authorize: ({ headers }) => headers.authorization === 'Bearer long-and-random' },
      });
      const app = express();
      app.use('/internal/net-diagnostics', diagnostics);
      server = app.listen(0, '127.0.0.1');
      diagnostics.stopWith(server);
      await once(server, 'listening');
      port = (server.address() as AddressInfo).port;
    });
    afterEach(async () => {
      await nginx?.stop();
      nginx = undefined;
    });
    afterAll(async () => {
      server.close();
      await diagnostics.stop();
    });

    const start = async (block: string): Promise<string> => {
      nginx = await Nginx.start(port, block.replaceAll('3000', String(port)));
      return nginx.url;
    };
    /** The page's files, a run as the page asks for one in a browser, and somebody without the token. */
    const ask = async (page: string, authorization = 'Bearer long-and-random') => {
      const { origin } = new URL(page);
      const shown = await fetch(page, { headers: { authorization } });
      const html = await shown.text();
      const [, script = ''] = /<script[^>]+src="([^"]+)"/.exec(html) ?? [];
      const base = /<base href="([^"]+)"/.exec(html)?.[1] ?? '';
      const file = await fetch(new URL(script, new URL(base, shown.url)), { headers: { authorization } });
      const run = await fetch(`${page.replace(/\/$/, '')}/report`, {
        method: 'POST',
        headers: { authorization, origin, 'sec-fetch-site': 'same-origin', accept: 'text/event-stream' },
      });
      const told = await run.text();
      const stranger = await fetch(page);
      return {
        statuses: [shown.status, file.status, run.status, stranger.status],
        isFile: script !== '' && file.headers.get('content-type')?.includes('javascript'),
        isTold: told.includes('event: probe') && told.includes('event: report'),
      };
    };
    const GOOD = { statuses: [200, 200, 200, 403], isFile: true, isTold: true };

    it('shows the page, tells of a run as it goes, and lets nobody else in', async () => {
      expect(await ask(`${await start(plain)}/internal/net-diagnostics`)).toEqual(GOOD);
    });

    it('does so at another path', async () => {
      expect(await ask(`${await start(elsewhere)}/ops/net/`)).toEqual(GOOD);
    });

    it.each([
      ['`$host` in the place of `$http_host`', plain.replace('$http_host', '$host')],
      ['no line for `Host`', plain.replace(/.*\$http_host.*\n/, '')],
    ])('would not let a run begin with %s, as the guide says', async (_, block) => {
      expect(block).not.toBe(plain);
      const { statuses } = await ask(`${await start(block)}/internal/net-diagnostics`);
      expect(statuses[2]).toBe(403);
    });

    it('asks for a password, and hands the token on in its place', async () => {
      const users = join(tmpdir(), `net-diagnostics-${process.pid}.htpasswd`);
      await writeFile(users, 'operator:{PLAIN}password\n');
      const page = `${await start(login.replace('/etc/nginx/operators.htpasswd', users))}/internal/net-diagnostics`;
      const basic = `Basic ${Buffer.from('operator:password').toString('base64')}`;
      expect(await ask(page, basic)).toEqual({ ...GOOD, statuses: [200, 200, 200, 401] });
      expect((await fetch(page, { headers: { authorization: 'Bearer long-and-random' } })).status).toBe(401);
    });
  },
);
