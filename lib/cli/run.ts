import { messageOf, NetDiagnosticsError } from '../errors.js';
import { PLATFORM_HELP, platformCommand } from './platform-command.js';
import { SECRET_HELP, secretCommand } from './secret-command.js';
import { UsageError } from './usage-error.js';

const HELP = `Usage: iroh-net-diagnostics <command>

Commands:
  platform           run the self-hosted platform with its dashboard
  platform secret    make an API secret for an app

iroh-net-diagnostics <command> --help tells more.
`;

/** Runs the command that the words name. Resolves with the exit code: 0 done, 1 failed, 2 wrong words. */
export async function run(words: readonly string[]): Promise<number> {
  try {
    return await dispatch(words);
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n\n${HELP}`);
      return 2;
    }
    // Our own errors say what to do next; anything else is a fault of this program, and its stack tells where.
    const isOurs = error instanceof NetDiagnosticsError;
    process.stderr.write(`${isOurs || !(error instanceof Error) ? messageOf(error) : error.stack}\n`);
    return 1;
  }
}

async function dispatch([command, ...rest]: readonly string[]): Promise<number> {
  const wantsHelp = rest.includes('--help') || rest.includes('-h');
  if (command === 'platform' && rest[0] === 'secret') {
    return wantsHelp ? print(SECRET_HELP) : secretCommand(rest.slice(1));
  }
  if (command === 'platform') return wantsHelp ? print(PLATFORM_HELP) : platformCommand(rest);
  if (command === undefined || command === '--help' || command === '-h' || command === 'help')
    return print(HELP);
  throw new UsageError(`There is no command "${command}".`);
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}
