import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the package is. A module that runs here can import it by its name, as it was built. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** @throws when `npm run build` has not run: what users get is measured, not the sources. */
export function assertBuilt(): void {
  if (!existsSync(join(root, 'dist', '.built'))) throw new Error('npm run build comes first');
}

/** Runs an ESM script in a fresh process and reads the JSON that it prints. @param cwd - from where it imports */
export async function inFreshProcess<T>(
  script: string,
  env: Record<string, string> = {},
  cwd = root,
): Promise<T> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) printed += chunk;
  return JSON.parse(printed);
}

/**
 * A folder in which the package is installed with what it depends on, and nothing else: here the optional peers stand
 * beside it, and it would load those that it finds.
 * @returns the folder, for {@link removeApp}
 */
export function plainApp(): string {
  const folder = mkdtempSync(join(tmpdir(), 'net-diagnostics-bench-'));
  const modules = join(folder, 'node_modules');
  for (const part of ['package.json', 'dist']) {
    cpSync(join(root, part), join(modules, 'iroh-net-diagnostics', part), { recursive: true });
  }
  mkdirSync(join(modules, '@number0'));
  symlinkSync(join(root, 'node_modules', '@number0', 'iroh'), join(modules, '@number0', 'iroh'), 'junction');
  return folder;
}

export function removeApp(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Variables of an app that is in a session with a platform on this machine, and asks nobody outside. */
export function onLoopback(secret: { reveal(): string }): Record<string, string> {
  return {
    IROH_SERVICES_API_SECRET: secret.reveal(),
    NET_DIAGNOSTICS_NETWORK: 'minimal',
    NET_DIAGNOSTICS_BIND: 'loopback',
    NET_DIAGNOSTICS_NAME: 'bench',
  };
}
