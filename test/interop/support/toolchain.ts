import { execFileSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What the official crates need. */
const MINIMUM = [1, 91] as const;
const INSTALL = `install Rust ${MINIMUM.join('.')} or later (https://rustup.rs)`;

/** cargo itself, on PATH or where rustup puts it for shells that were not set up for it. */
export function findCargo(): string | undefined {
  const home = process.env.CARGO_HOME ?? join(homedir(), '.cargo');
  return ['cargo', join(home, 'bin', 'cargo')].find((command) => versionOf(command) !== undefined);
}

let answer: boolean | undefined;

/**
 * Whether the Rust peers can be built here. When they cannot, says so in one line, once.
 *
 * @throws Error where `CI` is set and the toolchain is missing: CI must not pass by skipping. `INTEROP=0` skips there too.
 */
export function interopAvailable(): boolean {
  if (answer !== undefined) return answer;
  const lack = process.env.INTEROP === '0' ? undefined : lackOf(process.env);
  if (lack !== undefined && process.env.CI) throw new Error(`interop tests cannot run: ${lack}`);
  answer = process.env.INTEROP !== '0' && lack === undefined;
  if (!answer) process.stderr.write(`interop tests skipped: ${lack ?? 'INTEROP=0 is set'}\n`);
  return answer;
}

function lackOf(env: NodeJS.ProcessEnv): string | undefined {
  const cargo = findCargo();
  if (cargo === undefined) return `cargo is missing; ${INSTALL}`;
  const rustc = env.RUSTC ?? cargo.replace(/cargo$/, 'rustc');
  const version = versionOf(rustc);
  if (version === undefined) return `rustc is missing; ${INSTALL}`;
  const [major, minor] = version;
  const recent = major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1]);
  return recent ? undefined : `rustc ${major}.${minor} is too old; ${INSTALL}`;
}

/** `[major, minor]` of a Rust tool, undefined when it does not run. */
function versionOf(command: string): [number, number] | undefined {
  try {
    const text = execFileSync(command, ['--version'], {
      encoding: 'utf8',
      timeout: 30_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const match = /\b(\d+)\.(\d+)\./.exec(text);
    return match ? [Number(match[1]), Number(match[2])] : undefined;
  } catch {
    return undefined;
  }
}
