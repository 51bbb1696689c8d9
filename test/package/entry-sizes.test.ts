import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isOurs, loadedBy } from './support/loaded.js';
import { entries, root } from './support/manifest.js';

/**
 * What each entry may load of our own code, in bytes of JavaScript with its comments, and how long the processor may take for it, in
 * milliseconds (in an app that has its framework already). A jump is to be meant, not missed: bench/imports measures it properly.
 */
const LIMITS: Record<string, { bytes: number; cpuMs: number; after?: string }> = {
  'iroh-net-diagnostics': { bytes: 435_000, cpuMs: 90 },
  'iroh-net-diagnostics/core': { bytes: 230_000, cpuMs: 90 },
  'iroh-net-diagnostics/nest': { bytes: 565_000, cpuMs: 90, after: '@nestjs/core' },
  'iroh-net-diagnostics/express': { bytes: 550_000, cpuMs: 90 },
  'iroh-net-diagnostics/fastify': { bytes: 550_000, cpuMs: 90 },
  'iroh-net-diagnostics/services': { bytes: 320_000, cpuMs: 90 },
  'iroh-net-diagnostics/testing': { bytes: 510_000, cpuMs: 90 },
};

describe('each entry', () => {
  it('has its limits', () => {
    expect(Object.keys(LIMITS).sort()).toEqual(entries.map(({ specifier }) => specifier).sort());
  });

  it.each(Object.entries(LIMITS))(
    '%s loads no more of our code than it may',
    async (specifier, { bytes }) => {
      const files = (await loadedBy('import', specifier)).filter(isOurs);
      const size = files.reduce((sum, url) => sum + statSync(fileURLToPath(url)).size, 0);
      // Below half, the limit is no limit.
      expect(size).toBeGreaterThan(bytes / 2);
      expect(size).toBeLessThan(bytes);
    },
  );

  it.each(Object.entries(LIMITS))(
    '%s is imported in the time it has',
    async (specifier, { cpuMs, after }) => {
      const code = `${after === undefined ? '' : `await import('${after}');`}
      const before = process.cpuUsage();
      await import('${specifier}');
      const { user, system } = process.cpuUsage(before);
      console.log((user + system) / 1000);`;
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 5; round += 1) {
        const args = ['--input-type=module', '-e', code];
        const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
        best = Math.min(best, Number(stdout));
      }
      expect(best).toBeLessThan(cpuMs);
    },
  );
});
