import { expect, it, onTestFinished } from 'vitest';
import { prepareHosted } from '../../integrations/shared/hosted.js';
import { resolveSettings } from '../../lib/core.js';
import type { NetDiagnosticsOptions } from '../../lib/index.js';

/** Options that count how often somebody looks at the one of them. */
function counted() {
  let reads = 0;
  const options: NetDiagnosticsOptions = {
    apiSecret: null,
    get name() {
      reads += 1;
      return 'read-once';
    },
  };
  return { options, reads: () => reads };
}

it('a host resolves its settings once, for the diagnostics and for the page', () => {
  const once = counted();
  resolveSettings(once.options, {});
  const hosted = counted();
  const { diagnostics, routes } = prepareHosted(hosted.options);
  onTestFinished(async () => {
    routes.close();
    await diagnostics.stop();
  });
  expect(once.reads()).toBeGreaterThan(0);
  expect(hosted.reads()).toBe(once.reads());
});
