import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Child, startChild } from '../../support/child.js';
import { bearer, noteOf, TOKEN } from '../../support/dashboard-door.js';
import { until } from '../../support/fake-time.js';

const PROGRAM = `
import { run } from './platform/cli/run.js';
process.exitCode = await run(process.argv.slice(2));
`;

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: { key: string; value: { stringValue?: string; intValue?: number } }[];
}

/** What a collector is sent, as OTLP over HTTP in JSON. */
class Collector {
  readonly spans: OtlpSpan[] = [];
  text = '';
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Collector> {
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      collector.text += text;
      const { resourceSpans } = JSON.parse(text) as {
        resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[];
      };
      collector.spans.push(...resourceSpans.flatMap((of) => of.scopeSpans.flatMap(({ spans }) => spans)));
      response.setHeader('content-type', 'application/json').end('{}');
    });
    const collector = new Collector(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

let folder = '';
let child: Child | undefined;
let collector: Collector | undefined;
afterEach(async () => {
  child?.process.kill('SIGKILL');
  await child?.ended;
  collector?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The module of the guide. */
async function guided(): Promise<string> {
  const guide = await readFile('docs/guides/observability.md', 'utf8');
  const code = /```js\n(\/\/ tracing\.mjs\n[\s\S]*?)```/.exec(guide)?.[1];
  if (code === undefined) throw new Error('The guide has no tracing.mjs.');
  return code;
}

describe('traces of the platform', () => {
  it('go out by an SDK that the guide starts, in the trace of who asks, and hold nothing secret', {
    timeout: 60_000,
  }, async () => {
    collector = await Collector.start();
    const { spans, url } = collector;
    // Beside our packages, as the guide's stands beside the user's.
    folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-tracing-'));
    const { symlink } = await import('node:fs/promises');
    await symlink(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'tracing.mjs'), await guided());
    const data = join(folder, 'data');
    child = await startChild(PROGRAM, {
      args: ['serve', '--data', data, '--trace-statements', '--log-format', 'json', '--log-level', 'debug'],
      nodeArgs: ['--import', join(folder, 'tracing.mjs')],
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: url,
        OTEL_BSP_SCHEDULE_DELAY: '200',
        IROH_PLATFORM_DASHBOARD_TOKEN: TOKEN,
      },
      timeoutMs: 60_000,
    });
    let origin = '';
    await until(async () => {
      origin = (await noteOf(data).catch(() => null))?.url.origin ?? '';
      return origin !== '';
    }, 30_000);
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const asked = await fetch(`${origin}/api/v1/projects/default/endpoints?search=${TOKEN}`, {
      headers: { ...bearer(), traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    });
    expect(asked.status).toBe(200);
    await fetch(`${origin}/readyz`);
    await fetch(`${origin}/${TOKEN}`);
    const name = 'GET /api/v1/projects/:project/endpoints';
    await until(() => spans.some((span) => span.name === name), 15_000);
    const span = spans.find((one) => one.name === name);
    expect(span).toMatchObject({ traceId, parentSpanId: 'b7ad6b7169203331', kind: 2 });
    const attributes = Object.fromEntries(
      (span?.attributes ?? []).map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]),
    );
    expect(attributes).toEqual({
      'http.request.method': 'GET',
      'http.route': '/api/v1/projects/:project/endpoints',
      'http.response.status_code': 200,
      'enduser.id': 'local',
    });
    const below = spans.filter(({ parentSpanId }) => parentSpanId === span?.spanId);
    expect(below.map((one) => one.name)).toContain('SELECT');
    child.process.kill('SIGTERM');
    const ended = await child.ended;
    expect(ended.code).toBe(0);
    expect(spans.filter(({ name: one }) => /readyz|livez/.test(one))).toEqual([]);
    expect(spans.filter(({ name: one }) => one === 'GET')).toHaveLength(1);
    expect(collector.text).not.toContain(TOKEN);
    // The line of the log says where its trace is.
    expect(ended.stderr).toContain(`"traceId":"${traceId}"`);
  });
});
