// Brings a fresh clone to the point where everything else runs: npm packages and the build.
import { existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun, root } from './run.js';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Node ${process.versions.node} is too old: install Node 20.19 or newer, then run this again.`,
  );
  process.exit(1);
}

function modified(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}

/** When the newest file below these folders was changed. */
function newest(paths) {
  let latest = 0;
  for (const path of paths) {
    const stat = statSync(path);
    latest = Math.max(latest, stat.mtimeMs);
    if (stat.isDirectory())
      latest = Math.max(latest, newest(readdirSync(path).map((name) => join(path, name))));
  }
  return latest;
}

/** Installs the packages of the lock file unless that was done since it last changed. */
export async function install(folder = root) {
  const done = modified(join(folder, 'node_modules', '.package-lock.json'));
  if (done >= modified(join(folder, 'package-lock.json'))) return;
  const modules = join(folder, 'node_modules');
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) {
    console.error(`${modules} is a link, and npm would empty the folder that it leads to: install there.`);
    process.exit(1);
  }
  await mustRun(
    'Installing npm packages (about a minute)',
    'npm',
    ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: folder,
      shell: process.platform === 'win32',
    },
  );
}

/** Builds the package and the samples unless no source changed since the last build. */
export async function build() {
  const sources = [
    'lib',
    'integrations',
    'platform',
    'samples',
    'web',
    'package.json',
    'tsconfig.json',
    'tsconfig.build.json',
    ...['build', 'build-platform', 'bundle', 'declarations', 'entries', 'web'].map(
      (name) => `scripts/${name}.js`,
    ),
  ];
  if (modified(join(root, 'dist', '.built')) > newest(sources.map((name) => join(root, name)))) return;
  await mustRun('Building (ten seconds)', process.execPath, ['scripts/build.js']);
}
