import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

const ENTRIES = {
  '-platform': 'platform/index',
  '': 'lib/index',
  '/core': 'lib/core',
  '/nest': 'integrations/nest/index',
  '/express': 'integrations/express/index',
  '/fastify': 'integrations/fastify/index',
  '/services': 'lib/services/index',
  '/testing': 'lib/testing/index',
};

/** The package's own entries, so that tests and samples import them by the names users do. */
export const ENTRY_ALIASES = Object.entries(ENTRIES).map(([entry, file]) => ({
  find: new RegExp(`^iroh-net-diagnostics${entry}$`),
  replacement: join(ROOT, `${file}.ts`),
}));
