import { messageOf, NetDiagnosticsError } from '../errors.js';
import { PACKAGE_VERSION } from '../report/index.js';
import { nearest, show } from '../settings/index.js';
import { looksLikeApiSecret } from '../wire/index.js';
import { COMMANDS, findCommand } from './commands.js';
import { EXIT } from './exit-codes.js';
import { Shell, type ShellProcess } from './shell.js';
import { UsageError } from './usage-error.js';

const HELP = `Usage: iroh-net-diagnostics <command> [options]

Network diagnostics for iroh: can this machine be connected to directly, and does the platform reach it?

Commands:
${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(16)} ${summary}`).join('\n')}

  iroh-net-diagnostics <command> --help    what a command does, its options, examples, exit codes
  iroh-net-diagnostics --version           the version of this package

To begin with:
  iroh-net-diagnostics demo
  iroh-net-diagnostics report --relay https://relay.example.com

Results go to standard output, remarks to standard error. Colours only on a terminal; NO_COLOR and FORCE_COLOR
are heeded. Exit codes: 0 done, 1 failed, ${EXIT.usage} wrong words; "report" has more.
`;

/** How the command has ended. */
interface Ended {
  code: number;
  /** The exit code to use when results could not be written. */
  failure: number;
}

/** Runs the command that the words name. Resolves with the exit code; never rejects. */
export async function run(words: readonly string[], from: ShellProcess = process): Promise<number> {
  const shell = new Shell(from);
  const { code, failure } = await runCommand(words, shell);
  const unwritten = await shell.written();
  if (unwritten === null) return code;
  // A result that could not be written is a failure, whatever it said.
  shell.err(`Standard output cannot be written: ${unwritten.message}\n`);
  return failure;
}

async function runCommand(words: readonly string[], shell: Shell): Promise<Ended> {
  let failure: number = EXIT.failed;
  const ended = (code: number): Ended => ({ code, failure });
  try {
    refuseSecrets(words);
    const found = findCommand(words[0] === 'help' ? words.slice(1) : words);
    if (found === undefined) return ended(withoutCommand(words, shell));
    const { entry, rest } = found;
    refuseMisspelt(entry.name, rest);
    const command = await entry.load();
    failure = command.failure ?? failure;
    if (words[0] !== 'help' && !rest.includes('--help') && !rest.includes('-h')) {
      return ended(await command.run(rest, shell));
    }
    shell.out(command.help);
    return ended(EXIT.ok);
  } catch (error) {
    if (error instanceof UsageError) {
      shell.err(`${error.message}\n`);
      return ended(EXIT.usage);
    }
    // Our own errors say what to do next; anything else is a bug in this program, so its stack is printed.
    const isOurs = error instanceof NetDiagnosticsError;
    shell.err(`${isOurs || !(error instanceof Error) ? messageOf(error) : error.stack}\n`);
    return ended(failure);
  }
}

function withoutCommand(words: readonly string[], shell: Shell): number {
  const [first] = words;
  if (first === '--version' || first === '-V') {
    shell.out(`${PACKAGE_VERSION}\n`);
    return EXIT.ok;
  }
  const isHelp = first === 'help' && words.length === 1;
  if (first === undefined || first === '--help' || first === '-h' || isHelp) {
    shell.out(HELP);
    return EXIT.ok;
  }
  throw noCommand(first === 'help' ? words.slice(1) : words);
}

function noCommand(words: readonly string[]): UsageError {
  const end = words.findIndex((word) => word.startsWith('-'));
  const typed = (end < 0 ? words : words.slice(0, Math.max(1, end))).slice(0, 2);
  const names = COMMANDS.map(({ name }) => name);
  const meant = likely(typed, names) ?? names.find((name) => name.startsWith(`${typed[0]} `));
  const hint = meant === undefined ? 'iroh-net-diagnostics --help lists them.' : `Did you mean "${meant}"?`;
  return new UsageError(`There is no command ${show(typed.join(' '))}. ${hint}`);
}

function likely(typed: readonly string[], names: readonly string[]): string | undefined {
  return nearest(typed.join(' '), names) ?? nearest(typed[0] ?? '', names);
}

/**
 * Refuses a command of two words whose second is misspelt: the command named by the first would only call it a wrong
 * word.
 */
function refuseMisspelt(name: string, [next]: readonly string[]): void {
  if (name.includes(' ') || next === undefined || next.startsWith('-')) return;
  const names = COMMANDS.map((command) => command.name).filter((other) => other.startsWith(`${name} `));
  if (nearest(`${name} ${next}`, names) !== undefined) throw noCommand([name, next]);
}

/** Called before anything else reads the words, so that no error message repeats a secret. */
function refuseSecrets(words: readonly string[]): void {
  if (!words.some(looksLikeApiSecret)) return;
  throw new UsageError(
    'An API secret was given as an argument. Everybody on this machine can see the arguments of programs, and the ' +
      'shell keeps them in its history: give it in IROH_SERVICES_API_SECRET, with --secret-file FILE, or on standard ' +
      'input with "-". Others may have seen this one; better make a new one and revoke it.',
  );
}
