import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCargo } from './toolchain.js';

const project = dirname(dirname(fileURLToPath(import.meta.url)));
const program = process.platform === 'win32' ? 'peer.exe' : 'peer';
const LIMIT_MS = 20 * 60_000;
const TAIL = 16_000;

/** Outside the clone, so that the next fresh clone does not compile 300 crates again. */
function targetFolder(env: NodeJS.ProcessEnv): string {
  const cache = env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return env.CARGO_TARGET_DIR || join(cache, 'iroh-net-diagnostics', 'interop-target');
}

/** How the peers are compiled: `release` for load tests, where thousands of them share the machine with what they test. */
export type PeerProfile = 'debug' | 'release';

const built = new Map<PeerProfile, Promise<string>>();

/** Builds the peer once per process; resolves to the path of the program. */
export function buildPeer(profile: PeerProfile = 'debug'): Promise<string> {
  const known = built.get(profile) ?? build(profile);
  built.set(profile, known);
  return known;
}

async function build(profile: PeerProfile): Promise<string> {
  const target = targetFolder(process.env);
  const product = join(target, profile, program);
  const time = existsSync(product) ? 'seconds' : '2 to 10 minutes, once';
  process.stderr.write(`interop: building the Rust peers in ${target} (usually ${time})\n`);
  const how = profile === 'release' ? ['--release'] : [];
  const where = ['--manifest-path', join(project, 'Cargo.toml'), '--target-dir', target];
  await cargo(['build', '--quiet', ...how, ...where]);

  // Another clone may build its own version into the same folder while our tests run: run a copy.
  const own = join(project, 'target', profile, program);
  const fresh = `${own}.${process.pid}`;
  await mkdir(dirname(own), { recursive: true });
  await copyFile(product, fresh);
  await rename(fresh, own);
  return own;
}

function cargo(args: string[]): Promise<void> {
  const command = findCargo();
  if (command === undefined) throw new Error('cargo is missing');
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    let output = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-TAIL);
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve();
      else reject(new Error(`cargo build ended with ${code ?? signal}:\n${output}`));
    });
  });
}
