import { parseArgs } from 'node:util';
import { milliseconds } from '../settings/index.js';
import type { Command } from './command.js';
import { examine } from './doctor/examine.js';
import type { StepResult } from './doctor/step.js';
import { EXIT } from './exit-codes.js';
import { onInterruption } from './interruption.js';
import { readSecret, SECRET_HELP, SECRET_OPTIONS, secretSource } from './secret-source.js';
import type { Shell } from './shell.js';
import { flagValue, parsing } from './usage-error.js';
import { wrap } from './wrap.js';

const DEFAULT_TIMEOUT_MS = 20_000;
const TIMEOUT = milliseconds(100, 600_000);

const HELP = `Usage: iroh-net-diagnostics doctor [-] [options]

Checks an API secret and the way from this machine to its platform, step by step, and says what to fix:
  settings     the NET_DIAGNOSTICS_* variables are valid
  secret       there is an API secret, and it parses (its key is never shown)
  binding      the native part of iroh loads on this machine
  endpoint     its sockets can be bound
  relays       the relays that the secret names resolve and answer
  platform     it can be dialled: directly or through a relay, and how far away it is
  authorised   it takes the secret, and answers
  grant        it takes a grant, which opens its Run Diagnostics button (only with --grant)

It has the environment's settings, but an identity of its own: the platform lists it as "iroh-net-diagnostics doctor".
As in the app, NET_DIAGNOSTICS_NETWORK=n0 (the default) means that n0's relays and DNS are used on the way.

${SECRET_HELP}

  --grant        send a grant too
  --timeout MS   for all steps together (default ${DEFAULT_TIMEOUT_MS})
  --json         one JSON document at the end

Examples:
  iroh-net-diagnostics doctor
  iroh-net-diagnostics doctor --secret-file app.env --grant

Exit codes: 0 all is well (steps with nothing to look at are skipped), 1 a step failed, ${EXIT.usage} wrong words,
129 to 143 ended by a signal
`;

const OPTIONS = {
  ...SECRET_OPTIONS,
  grant: { type: 'boolean', default: false },
  timeout: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

const PAINT = { ok: '\x1b[32m', failed: '\x1b[31m', skipped: '\x1b[90m' } as const;
const PLAIN = '\x1b[0m';

/** Checks the way to the platform. */
export const doctorCommand: Command = { help: HELP, run: doctor };

async function doctor(words: readonly string[], shell: Shell): Promise<number> {
  const { values, positionals } = parsing(OPTIONS, () =>
    parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true }),
  );
  const source = secretSource(positionals, values['secret-file']);
  const timeoutMs = flagValue('--timeout', values.timeout, TIMEOUT) ?? DEFAULT_TIMEOUT_MS;
  // Before signals are caught, so that Ctrl-C works while the user is asked to type; and before the time limit
  // starts.
  const [secret] = await Promise.allSettled([readSecret(source, shell)]);
  const interruption = onInterruption();
  try {
    const results = await examine({
      env: shell.env,
      secret,
      grant: values.grant,
      timeoutMs,
      signal: interruption.signal,
      onStart: (name) => shell.showProgress(`${name} …`),
      onEnd: (result) => {
        shell.eraseProgress();
        if (!values.json && !interruption.signal.aborted)
          shell.out(wrap(text(result, shell.hasColour), shell.columns));
      },
    });
    if (interruption.exitCode !== null) return interruption.exitCode;
    const failed = results.filter(({ outcome }) => outcome === 'failed').length;
    shell.out(
      values.json
        ? `${JSON.stringify({ ok: failed === 0, steps: results }, null, 2)}\n`
        : `\n${failed === 0 ? 'All is well.' : `${failed} of ${results.length} steps failed.`}\n`,
    );
    return failed === 0 ? EXIT.ok : EXIT.failed;
  } finally {
    interruption.release();
  }
}

function text({ name, outcome, durationMs, detail, fix }: StepResult, hasColour: boolean): string {
  const mark = outcome.padEnd(7);
  const took = outcome === 'skipped' ? ''.padEnd(11) : `${durationMs.toFixed(1).padStart(8)} ms`;
  const line = `${hasColour ? `${PAINT[outcome]}${mark}${PLAIN}` : mark}  ${name.padEnd(10)}  ${took}  ${detail}\n`;
  return fix === null ? line : `${line}           -> ${fix}\n`;
}
