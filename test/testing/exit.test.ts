import { describe, expect, it } from 'vitest';
import { runChild } from '../support/child.js';

/** A user's own file of tests, for Node's own runner. What it leaves behind shows in when its process ends. */
const file = (rest: string) => `import { after, before, test } from 'node:test';
  import { NetDiagnostics } from './lib/index.js';
  import { TestPlatform } from './lib/testing/index.js';
  let endedAt = 0;
  process.on('exit', () => console.log('late by', Math.round(performance.now() - endedAt)));
  ${rest}`;

/** Milliseconds from the end of the last test to the end of the process. */
async function lateness(source: string): Promise<number> {
  const child = await runChild(source, { timeoutMs: 25_000 });
  expect(child).toMatchObject({ code: 0, signal: null });
  return Number(/late by (\d+)/.exec(child.stdout)?.[1]);
}

describe('a process of users’ tests ends with its tests', () => {
  it('two apps in turn against one TestPlatform', async () => {
    // Again and again: whether the process hung was a matter of which packet came first.
    const late = await lateness(
      file(`for (let round = 0; round < 8; round += 1) {
        let platform: TestPlatform;
        test('the platform starts', async () => { platform = await TestPlatform.start(); });
        for (const name of ['first', 'second']) {
          test(name, async () => {
            const app = NetDiagnostics.start(platform.options({ logger: false, name }));
            await platform.granted({ app });
            await app.stop();
          });
        }
        test('the platform stops', async () => { await platform.stop(); endedAt = performance.now(); });
      }`),
    );
    expect(late).toBeLessThan(1_500);
  });
});
