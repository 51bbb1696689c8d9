import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PACKAGE_VERSION } from '../report/index.js';
import type { Command } from './command.js';
import { EXIT, SIGNAL_EXIT } from './exit-codes.js';

const PLATFORM_PACKAGE = 'iroh-net-diagnostics-platform';

const HELP = `Usage: iroh-net-diagnostics demo [options]

Runs a platform with its dashboard, and an app that answers its Run Diagnostics button, until Ctrl-C. Both are on
loopback, nothing is kept. It is the demo of the package ${PLATFORM_PACKAGE}: the one that is installed
beside this package, else npx fetches it. The options are those of "${PLATFORM_PACKAGE} demo".

Example:
  npx iroh-net-diagnostics demo

Exit codes: ${EXIT.ok} ended by a signal, ${EXIT.failed} could not start, ${EXIT.usage} wrong words
`;

/** Runs the platform's own program. */
export const demoCommand: Command = {
  help: HELP,
  run: async (words) => {
    const child = start(['demo', ...words]);
    const release = passSignalsOn(child);
    try {
      const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
      return code ?? SIGNAL_EXIT[signal as keyof typeof SIGNAL_EXIT] ?? EXIT.failed;
    } finally {
      release();
    }
  },
};

function start(words: readonly string[]): ChildProcess {
  const installed = installedProgram();
  if (installed !== null) return spawn(process.execPath, [installed, ...words], { stdio: 'inherit' });
  const isWindows = process.platform === 'win32';
  const npx = ['--yes', `${PLATFORM_PACKAGE}@${PACKAGE_VERSION}`, ...words];
  // On Windows npx is a batch file, which only a shell can start.
  return spawn(isWindows ? 'npx.cmd' : 'npx', npx, { stdio: 'inherit', shell: isWindows });
}

/** The program of the installed platform package; `null` when this package cannot find one. */
function installedProgram(): string | null {
  try {
    const ours = createRequire(realpathSync(process.argv[1] ?? ''));
    const manifest = ours.resolve(`${PLATFORM_PACKAGE}/package.json`);
    const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: Record<string, string> };
    return join(dirname(manifest), bin[PLATFORM_PACKAGE] ?? '');
  } catch {
    return null;
  }
}

/**
 * Passes signals on, except a terminal's Ctrl-C: it reaches both processes by itself, and a second one would kill the
 * demo while it stops.
 */
function passSignalsOn(child: ChildProcess): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const pass = (signal: NodeJS.Signals) => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  };
  for (const signal of signals) process.on(signal, pass);
  return () => {
    for (const signal of signals) process.off(signal, pass);
  };
}
