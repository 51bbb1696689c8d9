// `node bench/run.js NAME [arguments]`: runs bench/NAME/main.ts, which exports `main(arguments)`.
// Vite makes JavaScript of TypeScript on the way, as it does for the tests; nothing is written to disk.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer, runnerImport } from 'vite';

const folder = dirname(fileURLToPath(import.meta.url));
const [name = '', ...args] = process.argv.slice(2);
const file = join(folder, name, 'main.ts');

if (!/^[\w-]+$/.test(name) || !existsSync(file)) {
  console.error('usage: node bench/run.js NAME [arguments]; NAME is a folder here, e.g. loss');
  process.exit(2);
}

// The platform's sources name the package's entries as its users do.
const { module: aliases } = await runnerImport(join(folder, '../test/support/entry-aliases.ts'));

// It listens nowhere, and lives as long as the bench: modules may be imported late.
const server = await createServer({
  root: dirname(folder),
  configFile: false,
  resolve: { alias: aliases.ENTRY_ALIASES },
  envDir: false,
  logLevel: 'error',
  appType: 'custom',
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  optimizeDeps: { noDiscovery: true },
});
try {
  const { main } = await server.ssrLoadModule(file);
  await main(args);
} finally {
  await server.close();
}
