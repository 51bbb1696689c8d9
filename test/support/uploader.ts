import type { EndpointId } from '../../lib/wire/index.js';
import { type Child, startChild } from './child.js';

/** An app that sends a report each half second, and tells of each that was acknowledged. Its number is its version of iroh. */
const SOURCE = `
import { Session } from './lib/client/index.js';
import { bindEndpoint } from './lib/transport/index.js';
import { ApiSecret, SecretKey } from './lib/wire/index.js';
import { sampleReport } from './test/platform/stage.js';
import { randomBytes } from 'node:crypto';
const endpoint = await bindEndpoint({
  secretKey: SecretKey.fromBytes(randomBytes(32)), network: 'minimal',
  relays: [{ url: process.env.RELAY, quicPort: null }], bindAddrs: 'loopback', alpns: [],
});
// Nobody calls it, so it has to notice a dead platform by itself.
const limits = { requestTimeoutMs: 2000, connectTimeoutMs: 3000, reconnectMaxMs: 1000 };
const session = new Session({ endpoint, apiSecret: ApiSecret.parse(process.env.SECRET), limits });
session.start();
// A session that waits does not keep its process alive.
setInterval(() => {}, 60_000);
await session.whenOnline();
console.log('online ' + endpoint.id);
for (let number = 0; ; number += 1) {
  const report = { ...sampleReport(endpoint.id), irohVersion: String(number) };
  try {
    await session.whenOnline();
    await session.request({ type: 'put-network-diagnostics', report });
    console.log('kept ' + number);
  } catch (error) {
    console.log('not kept ' + number + ' ' + error.message);
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
}`;

/** An app that sends reports all the time. */
export class Uploader {
  readonly #child: Child;
  /** The numbers of the reports that were acknowledged. */
  readonly kept: string[] = [];

  private constructor(
    child: Child,
    readonly id: EndpointId,
  ) {
    this.#child = child;
    child.process.stdout?.on('data', (text: string) => {
      for (const [, number = ''] of text.matchAll(/^kept (\d+)$/gm)) this.kept.push(number);
    });
  }

  static async start(apiSecret: string, relay: string): Promise<Uploader> {
    const child = await startChild(SOURCE, { env: { SECRET: apiSecret, RELAY: relay }, timeoutMs: 600_000 });
    const line = await child.line(/^online /);
    return new Uploader(child, line.slice('online '.length) as EndpointId);
  }

  async stop(): Promise<void> {
    this.#child.process.kill('SIGKILL');
    await this.#child.ended;
  }
}
