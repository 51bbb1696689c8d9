import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the package is. A module that runs here can import it by its name, as it was built. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** @throws when `npm run build` has not run: what users get is measured, not the sources. */
export function assertBuilt(): void {
  if (!existsSync(join(root, 'dist', '.built'))) throw new Error('npm run build comes first');
}

/** Runs an ESM script in a fresh process and reads the JSON that it prints. */
export async function inFreshProcess<T>(script: string, env: Record<string, string> = {}): Promise<T> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) printed += chunk;
  return JSON.parse(printed);
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
