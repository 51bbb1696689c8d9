// Small helpers that the scripts of this folder share: where the project is, and how to run a program.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The path of a program that a development dependency brought, e.g. `tsc`. */
export const bin = (name) =>
  join(root, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name);

/** Runs a program with its output shown; resolves with its exit code (128 when a signal ended it). */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 128));
  });
}

/** Like `run`, but ends this process when the program failed. */
export async function mustRun(title, command, args, options = {}) {
  const started = Date.now();
  console.log(`\n▸ ${title}`);
  conclude(title, started, await run(command, args, options));
}

/** Like {@link mustRun}, for several at the same time; the output of each is shown when it has ended. */
export async function mustRunTogether(steps) {
  await Promise.all(
    steps.map(async ([title, command, args, options = {}]) => {
      const started = Date.now();
      const output = [];
      const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => output.push(bytes));
      const [code] = await once(child, 'close');
      console.log(`\n▸ ${title}`);
      process.stdout.write(Buffer.concat(output));
      conclude(title, started, code ?? 128);
    }),
  );
}

function conclude(title, started, code) {
  if (code !== 0) {
    console.error(`✗ ${title}: ended with exit code ${code}`);
    process.exit(code);
  }
  console.log(`✓ ${title} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}
