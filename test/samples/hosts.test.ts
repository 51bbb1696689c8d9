import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { TestPlatform } from '../../lib/testing/index.js';
import { type Child, startChild } from '../support/child.js';
import { until } from '../support/fake-time.js';
import { freePort } from '../support/free-port.js';
import { MarkdownPage, ROOT } from '../support/markdown.js';
import { Nginx, nginxAvailable } from '../support/nginx.js';
import { STYLE_PATH } from '../support/page-assets.js';

/** The variables that the samples, and the settings, may read: none is set. */
const UNSET = Object.fromEntries(
  [
    ...Object.keys(process.env).filter((name) => /^(NET_DIAGNOSTICS_|IROH_)/.test(name)),
    'OPERATOR_TOKEN',
    'EDGE_API_SECRET',
    'NODE_ENV',
  ].map((name) => [name, undefined]),
);

/** The barest, and one that speaks like a browser. */
const BARE = '';
const LIKE_A_BROWSER = 'proxy_http_version 1.1; proxy_set_header Connection "";';

const ROUTES = ['/', '/status', '/report', '/report.txt', '/schema.json', STYLE_PATH];

/** What makes an app of a block that only configures one. */
const REST = {
  express: 'app.listen(3000);',
  fastify: 'await app.listen({ port: 3000 });',
  nest: `import { NestFactory } from '@nestjs/core';
    class AppModule {}
    Reflect.decorate([Module({ imports: [diagnostics] })], AppModule);
    await (await NestFactory.create(AppModule, { logger: false })).listen(3000);`,
} as const;

type Host = keyof typeof REST;
const HOSTS = Object.keys(REST) as Host[];

/** The first block of code of a part of a guide. */
function block(host: Host, part: string): string {
  const page = MarkdownPage.read(`docs/guides/${host}.md`);
  const line = page.text.slice(0, page.text.indexOf(`\n## ${part}\n`)).split('\n').length;
  const found = page.fences.find((fence) => fence.language === 'ts' && fence.line > line);
  if (found === undefined) throw new Error(`${page.path} shows no code in "${part}"`);
  return found.code;
}

/** The main file of a sample, as if it stood at the root. */
function sample(host: Host): string {
  const text = readFileSync(join(ROOT, 'samples', host, 'main.ts'), 'utf8');
  return text.replaceAll("from './", `from './samples/${host}/`);
}

const children: Child[] = [];
const proxies: Nginx[] = [];
afterEach(async () => {
  for (const { process } of children) process.kill('SIGKILL');
  await Promise.all(children.splice(0).map(({ ended }) => ended));
  await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
});

/** Runs a sample with no variable set. @returns its port */
async function run(source: string, env: Record<string, string> = {}): Promise<number> {
  const port = await freePort();
  const child = await startChild(`import 'reflect-metadata';\n${source.replaceAll('3000', String(port))}`, {
    env: { ...UNSET, PORT: String(port), ...env },
    timeoutMs: 60_000,
  });
  children.push(child);
  const isUp = () =>
    fetch(`http://127.0.0.1:${port}/there`).then(
      () => true,
      () => false,
    );
  const ended = child.ended.then(({ stderr }) => {
    throw new Error(`the sample ended by itself:\n${stderr}`);
  });
  await Promise.race([until(isUp, 20_000), ended]);
  // It is ended by the test.
  ended.catch(() => {});
  return port;
}

async function behind(port: number, directives: string): Promise<string> {
  const proxy = await Nginx.start(port, directives);
  proxies.push(proxy);
  return proxy.url;
}

/** What each route says, and a run. */
async function statuses(base: string, headers: Record<string, string> = {}): Promise<number[]> {
  const asked = ROUTES.map((path) => fetch(`${base}${path}`, { headers }));
  const answers = await Promise.all([...asked, fetch(`${base}/report`, { method: 'POST', headers })]);
  return answers.map(({ status }) => status);
}
const NOBODY = [...ROUTES, 'a run'].map(() => 403);

describe.each(HOSTS)('"The page, opened safely" for %s, with its variables unset', (host) => {
  const source = block(host, 'The page, opened safely');
  const app = `${host === 'nest' ? "import { Module } from '@nestjs/common';\n" : ''}${source}\n${REST[host]}`;

  it('lets nobody in, directly or through a proxy', async () => {
    const port = await run(app);
    const bases = [`http://127.0.0.1:${port}`];
    if (nginxAvailable()) bases.push(await behind(port, BARE), await behind(port, LIKE_A_BROWSER));
    for (const base of bases) {
      const page = `${base}/internal/net-diagnostics`;
      expect(await statuses(page)).toEqual(NOBODY);
      for (const token of ['undefined', 'null', '', ' ', 'false']) {
        expect([token, await statuses(page, { authorization: `Bearer ${token}` })]).toEqual([token, NOBODY]);
      }
    }
  });

  it('lets those in who have the token', async () => {
    const port = await run(app, { OPERATOR_TOKEN: 'long-and-random' });
    const page = `http://127.0.0.1:${port}/internal/net-diagnostics`;
    expect((await fetch(page, { headers: { authorization: 'Bearer long-and-random' } })).status).toBe(200);
    expect(await statuses(page, { authorization: 'Bearer long-and-randon' })).toEqual(NOBODY);
  });
});

describe.each([
  ...HOSTS.map((host) => ['the ten lines for ', host, block(host, 'Ten lines')] as const),
  ...HOSTS.map((host) => ['samples/', host, sample(host)] as const),
])('%s %s, with its variables unset', (_what, _host, source) => {
  it('shows the page on this machine, and to nobody through a bare nginx', async () => {
    const port = await run(source);
    expect((await fetch(`http://127.0.0.1:${port}/net-diagnostics`)).status).toBe(200);
    if (nginxAvailable()) {
      expect(await statuses(`${await behind(port, BARE)}/net-diagnostics`)).toEqual(NOBODY);
    }
  });

  it('shows it to nobody in production', async () => {
    const port = await run(source, { NODE_ENV: 'production' });
    expect(await statuses(`http://127.0.0.1:${port}/net-diagnostics`)).toEqual(NOBODY);
    if (nginxAvailable()) {
      expect(await statuses(`${await behind(port, LIKE_A_BROWSER)}/net-diagnostics`)).toEqual(NOBODY);
    }
  });
});

describe.each(HOSTS)('"Several instances" for %s, with the second secret unset', (host) => {
  it("does not put the second into the first one's project", async () => {
    const platform = await TestPlatform.start({ timeoutMs: 20_000 });
    const rest = {
      express: '',
      fastify: REST.fastify,
      nest: `import { NestFactory } from '@nestjs/core';
        await (await NestFactory.create(AppModule, { logger: false })).listen(3000);`,
    };
    try {
      await run(`${block(host, 'Several instances')}\n${rest[host]}`, platform.env);
      await platform.granted({ name: 'core' });
      // It would be there as soon as the first.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      expect((await platform.endpoints()).map(({ name }) => name)).toEqual(['core']);
    } finally {
      await platform.stop();
    }
  });
});

describe.each(HOSTS)('what samples/%s shows to everybody', (host) => {
  it('is the state, and nothing that names a machine', async () => {
    const port = await run(sample(host));
    const answer = await (await fetch(`http://127.0.0.1:${port}/`)).json();
    expect(answer).toEqual({ state: 'disabled', reason: 'no-secret', grant: expect.any(String) });
  });
});
