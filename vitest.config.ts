import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The package's own entries, so that tests and samples import them by the names users do. */
const alias = [
  { find: /^iroh-net-diagnostics$/, replacement: source('./lib/index.ts') },
  { find: /^iroh-net-diagnostics\/nest$/, replacement: source('./integrations/nest/index.ts') },
  { find: /^iroh-net-diagnostics\/express$/, replacement: source('./integrations/express/index.ts') },
  { find: /^iroh-net-diagnostics\/fastify$/, replacement: source('./integrations/fastify/index.ts') },
  { find: /^iroh-net-diagnostics\/testing$/, replacement: source('./lib/testing/index.ts') },
  { find: /^iroh-net-diagnostics\/platform$/, replacement: source('./lib/platform/index.ts') },
];

export default defineConfig({
  resolve: { alias },
  test: {
    pool: 'forks',
    // One module graph per worker: the binding loads once, and Nest's import cost is paid once. No threads: a worker
    // thread that ends tears the binding's runtime down under the others (docs/decisions/tests.md).
    isolate: false,
    reporters: ['default', source('./test/support/totals-reporter.ts')],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Two cores: more workers make the time-outs of network tests meaningless.
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          sequence: { groupOrder: 0 },
          include: ['test/**/*.test.ts'],
          exclude: [
            '**/node_modules/**',
            'test/interop/**',
            'test/lab/**',
            'test/browser/**',
            'test/package/**',
          ],
        },
      },
      {
        extends: true,
        // Other people's programs, built once, and whole networks: one file after the other.
        test: {
          name: 'interop',
          sequence: { groupOrder: 1 },
          include: ['test/interop/**/*.test.ts', 'test/lab/**/*.test.ts'],
          fileParallelism: false,
          hookTimeout: 1_500_000,
          testTimeout: 120_000,
        },
      },
      {
        extends: true,
        // Whole programs (the demo, a browser, the packed tarball).
        test: {
          name: 'whole',
          sequence: { groupOrder: 2 },
          include: ['test/browser/**/*.test.ts', 'test/package/**/*.test.ts'],
          fileParallelism: false,
          hookTimeout: 300_000,
          testTimeout: 180_000,
        },
      },
    ],
  },
});
