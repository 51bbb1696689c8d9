// Builds platform/dist: the package iroh-net-diagnostics-platform, ESM alone (Node 20.19 can require() that).
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './bundle.js';
import { copyDeclarations } from './declarations.js';
import { bin, mustRun, root } from './run.js';
import { copyBuilt } from './web.js';

/** Builds the package. Imports of the plugin's entries stay imports; the pages are built already (scripts/web.js). */
export async function buildPlatform() {
  const platform = join(root, 'platform');
  const compiled = join(root, 'build', 'platform', 'platform');
  const dist = join(platform, 'dist');
  rmSync(dist, { recursive: true, force: true });
  await mustRun('tsc: platform', bin('tsc'), ['-p', join(platform, 'tsconfig.build.json')], {
    shell: process.platform === 'win32',
  });
  copyBuilt('platform', join(root, 'build', 'platform'));
  copyDeclarations(compiled, dist, ['index']);
  await bundle({ from: compiled, to: dist, modules: ['index', 'cli/main'], format: 'es' });
  // npm packs only files below a package, and no links.
  for (const name of ['LICENSE-MIT', 'LICENSE-APACHE']) cpSync(join(root, name), join(platform, name));
}
