import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { ENTRY_ALIASES as alias } from './test/support/entry-aliases.js';
import { SlowFirst } from './test/support/slow-first.js';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** What holds for each project. */
const shared = {
  // The pages, as the sources in web/ make them.
  globalSetup: source('./scripts/web.js'),
  pool: 'forks',
  // One module graph per worker: the binding loads once, and Nest's import cost is paid once. No threads: a worker
  // thread that ends tears the binding's runtime down under the others (docs/decisions/tests.md).
  isolate: false,
  testTimeout: 30_000,
  hookTimeout: 30_000,
  // Thousands of tests with real processes on two busy cores: one late packet must not turn the whole run red. Every test
  // that needed its second try is named at the end (test/support/totals-reporter.ts, docs/decisions/tests.md).
  retry: 1,
} as const;

export default defineConfig({
  test: {
    reporters: ['default', source('./test/support/totals-reporter.ts')],
    tags: [
      { name: 'slow', description: 'Waits for more than five seconds: no part of the quick `npm test`.' },
    ],
    sequence: { sequencer: SlowFirst },
    // For two cores: most tests wait for a network more than they calculate. With still more, time-outs lose their meaning.
    maxWorkers: 4,
    projects: [
      {
        resolve: { alias },
        test: {
          ...shared,
          name: 'parts',
          sequence: { groupOrder: 0 },
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: [
            '**/node_modules/**',
            ...['interop', 'lab', 'browser', 'package'].map((folder) => `test/${folder}/**`),
          ],
        },
      },
      {
        // The same app on the other version of Nest: its packages in the place of ours.
        resolve: {
          alias: [
            ...alias,
            { find: /^@nestjs\//, replacement: source('./test/hosts/nest-11/node_modules/@nestjs/') },
            { find: /^nestjs-pino$/, replacement: source('./test/hosts/nest-11/node_modules/nestjs-pino') },
          ],
        },
        test: {
          ...shared,
          name: 'nest-11',
          sequence: { groupOrder: 0 },
          include: ['test/hosts/nest.test.ts', 'test/nest/**/*.test.ts'],
          env: { EXPECTED_NEST: '11' },
        },
      },
      {
        // Other people's programs, built once, and whole networks. They mostly wait: the topologies take one worker from the
        // first minute to the last, and the other files share the other.
        resolve: { alias },
        test: {
          ...shared,
          name: 'interop',
          sequence: { groupOrder: 1 },
          include: ['test/interop/**/*.test.ts', 'test/lab/**/*.test.ts'],
          maxWorkers: 2,
          // A network mostly waits: for deadlines of reports, and for what a pair does in six seconds.
          maxConcurrency: 10,
          hookTimeout: 1_500_000,
          testTimeout: 120_000,
        },
      },
      {
        // Whole programs (the demo, a browser, the packed tarball).
        resolve: { alias },
        test: {
          ...shared,
          name: 'whole',
          sequence: { groupOrder: 2 },
          include: ['test/browser/**/*.test.ts', 'test/package/**/*.test.ts'],
          // While one waits for the registry, another calculates.
          maxWorkers: 2,
          hookTimeout: 300_000,
          testTimeout: 180_000,
        },
      },
    ],
  },
});
