import { afterEach, describe, expect, it } from 'vitest';
import { Nginx, nginxAvailable } from '../support/nginx.js';
import { STYLE_PATH } from '../support/page-assets.js';
import { Stage, type StageOptions } from './stage.js';

let stage: Stage;
let nginx: Nginx | undefined;
afterEach(async () => {
  await nginx?.stop();
  nginx = undefined;
  await stage.close();
});

async function behind(
  directives: string,
  options?: StageOptions,
): Promise<(path: string) => Promise<Response>> {
  stage = await new Stage().open(options);
  nginx = await Nginx.start(stage.port, directives);
  const { url } = nginx;
  return (path) => fetch(`${url}${path}`, { headers: { host: 'app.test' } });
}

const ROUTES = ['/', '/status', '/report', '/report.txt', '/schema.json', STYLE_PATH];

describe.skipIf(!nginxAvailable())('behind a real nginx', () => {
  // What its guides show, from the barest on: none of them may open what was meant for this machine.
  it.each([
    ['with `proxy_pass` alone: HTTP/1.0, no header of a proxy, a loopback `Host`', ''],
    ["that passes the browser's `Host` on", 'proxy_set_header Host $http_host;'],
    ['that says who asks', 'proxy_http_version 1.1; proxy_set_header X-Real-IP $remote_addr;'],
    ['that says which scheme was used', 'proxy_http_version 1.1; proxy_set_header X-Scheme $scheme;'],
  ])("access: 'loopback' lets nobody in through one %s", async (_which, directives) => {
    const get = await behind(directives);
    const statuses = await Promise.all(ROUTES.map(async (path) => [path, (await get(path)).status]));
    expect(statuses).toEqual(ROUTES.map((path) => [path, 403]));
  });

  it('in production lets nobody in through one that speaks HTTP/1.1 like a browser', async () => {
    const directives = 'proxy_http_version 1.1; proxy_set_header Connection "";';
    const get = await behind(directives, { parts: { isProduction: true } });
    const statuses = await Promise.all(ROUTES.map(async (path) => [path, (await get(path)).status]));
    expect(statuses).toEqual(ROUTES.map((path) => [path, 403]));
  });

  it('authorize works through one that passes `Host` on, page and run', async () => {
    stage = await new Stage().open({
      http: { authorize: ({ headers }) => headers.authorization === 'Bearer x' },
    });
    nginx = await Nginx.start(stage.port, 'proxy_set_header Host $http_host;');
    const headers = { authorization: 'Bearer x', origin: nginx.url };
    expect((await fetch(nginx.url, { headers })).status).toBe(200);
    expect((await fetch(`${nginx.url}/report`, { method: 'POST', headers })).status).toBe(200);
    expect((await fetch(nginx.url)).status).toBe(403);
  });
});
