import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EndpointId, parseEndpointId } from '../../lib/wire/index.js';
import { Platform } from '../../platform/index.js';
import { type Child, startChild } from '../support/child.js';
import { until } from '../support/fake-time.js';

/** A platform that is killed rather than stopped. In a process of its own: only its end frees the UDP port at once. */
const FIRST_PLATFORM = `
import { Platform } from './platform/index.js';
const platform = await Platform.start({ dataDir: process.argv[2], dashboard: false });
console.log('secret', (await platform.createApiSecret('official')).reveal());
`;

/**
 * The official Rust client as it ships inside @number0/iroh, driven line by line. In a process of its own: it
 * cannot be closed.
 */
const OFFICIAL_CLIENT = `
import iroh from '@number0/iroh/index.js';
import { createInterface } from 'node:readline';

const builder = iroh.Endpoint.builder();
iroh.presetMinimal(builder);
builder.bindAddr('127.0.0.1:0');
const endpoint = await builder.bind();
const client = await iroh.ServicesClient.create(endpoint, { apiSecretFromEnv: true, metricsIntervalMs: 0 });
const commands = {
  ping: () => client.ping(),
  name: (name) => client.setName(name),
  metrics: () => client.pushMetrics(),
  report: () => client.submitNetworkDiagnostics(true),
};
console.log('id', endpoint.id().toString());
for await (const line of createInterface({ input: process.stdin })) {
  const [command, argument] = line.split(' ');
  try {
    await commands[command](argument);
    console.log('done', line);
  } catch (error) {
    console.log('failed', line, error.message.split('\\n')[0]);
  }
}
process.exit(0);
`;

describe('the official client against our platform', { tags: ['slow'] }, () => {
  let dataDir: string;
  let firstPlatform: Child;
  let platform: Platform | undefined;
  let client: Child;
  let id: EndpointId;
  let turn = 0;

  /** Gives a command and waits for its end. */
  async function order(command: string): Promise<string> {
    turn += 1;
    const line = `${command} #${turn}`;
    client.process.stdin?.write(`${line}\n`);
    return client.line(new RegExp(`^(done|failed) ${line}`));
  }

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'net-diagnostics-platform-'));
    firstPlatform = await startChild(FIRST_PLATFORM, { args: [dataDir], timeoutMs: 120_000 });
    const secret = (await firstPlatform.line(/^secret /)).slice(7);
    client = await startChild(OFFICIAL_CLIENT, {
      env: { IROH_SERVICES_API_SECRET: secret },
      timeoutMs: 120_000,
    });
    id = parseEndpointId((await client.line(/^id /)).slice(3));
  });
  afterAll(async () => {
    client?.process.stdin?.end();
    firstPlatform?.process.kill('SIGKILL');
    await Promise.all([client?.ended, firstPlatform?.ended, platform?.stop()]);
    await rm(dataDir, { recursive: true, force: true });
  });

  it('is answered: session, ping, name, and metrics with and without a schema', async () => {
    for (const command of ['ping', 'name official', 'metrics', 'metrics']) {
      expect(await order(command)).toMatch(/^done/);
    }
  });

  it('has all of it in the store after the platform was killed and started again', async () => {
    firstPlatform.process.kill('SIGKILL');
    await firstPlatform.ended;
    platform = await Platform.start({ dataDir, dashboard: false });
    expect(await platform.endpoint(id)).toMatchObject({
      name: 'official',
      isOnline: false,
      button: { enabled: false, reason: 'no-grant' },
    });
    const [metrics] = await platform.metrics(id);
    expect(metrics?.schema.items.map(({ name }) => name)).toContain('send_ipv4');
    expect(metrics?.values).toHaveLength(metrics?.schema.items.length ?? 0);
  });

  it('goes on without a new token or schema: neither is sent twice', async () => {
    console.log('The official client notices a killed platform after 30 s');
    const before = (await platform?.metrics(id))?.[0];
    await until(async () => (await order('ping')).startsWith('done'), 80_000);
    expect(await platform?.endpoint(id)).toMatchObject({ name: 'official', isOnline: true });
    expect(await order('metrics')).toMatch(/^done/);
    const after = (await platform?.metrics(id))?.[0];
    expect(after).toMatchObject({ sessionId: before?.sessionId, schema: before?.schema });
    expect(after?.updatedAt).toBeGreaterThan(before?.updatedAt ?? Number.NaN);
  }, 90_000);

  it('uploads its report', async () => {
    console.log('The official client takes 21 s for a report without a relay');
    expect(await order('report')).toMatch(/^done/);
    expect((await platform?.reports(id))?.[0]).toMatchObject({
      source: 'upload',
      report: { endpointId: id, netReport: null, irohVersion: '1.0.0', irohServicesVersion: '1.0.0' },
    });
  }, 60_000);
});
