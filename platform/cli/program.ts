import { Command, InvalidArgumentError, Option } from 'commander';
import {
  LIMITS,
  looksLikeApiSecret,
  MAX_LABEL_LENGTH,
  messageOf,
  port,
  type RelayOption,
  type Row,
  relayFromUrl,
  type ServicesLimitOptions,
} from 'iroh-net-diagnostics/services';
import { RETENTION_NUMBERS, type RetentionOptions, withNumber } from '../retention/index.js';
import { PLATFORM_VERSION } from '../version.js';
import { EXIT } from './exit-codes.js';

/** It may hold a password, so a command line should not name it. */
const DATABASE_VARIABLE = 'IROH_PLATFORM_DATABASE';
const DEFAULT_DATA_DIR = './platform-data';
const FROM_VARIABLE = 'IROH_PLATFORM_FROM';
const TO_VARIABLE = 'IROH_PLATFORM_TO';
const PLACE =
  'a data folder, or postgres://user@host:port/name; with a password only in the variable, or ~/.pgpass';
const URL_WITH_PASSWORD =
  /^(?:--(?:database|from|to)=)?postgres(?:ql)?:\/\/(?:[^/?:@]*:[^/?@]*@|.*[?&]password=)/;
const EXIT_CODES = `Exit codes: ${EXIT.ok} done, or ended by a signal; ${EXIT.failed} failed; ${EXIT.usage} wrong words`;

/** The commands with their options. The code of a command is loaded only when it is used. */
export function createProgram(): Command {
  const program = new Command('iroh-net-diagnostics-platform')
    .description(
      'The self-hosted platform for iroh-net-diagnostics: sessions of apps, and a dashboard with the button.',
    )
    .version(PLATFORM_VERSION, '-V, --version', 'the version of this package')
    .helpOption('-h, --help', 'what a command does, its options, examples, exit codes')
    .helpCommand('help [command]', 'the same')
    .configureHelp({ helpWidth: 110 })
    .addHelpText('after', `\nTo begin with:\n  npx iroh-net-diagnostics-platform demo\n\n${EXIT_CODES}`);

  program
    .command('serve')
    .summary('run the platform with its dashboard')
    .description('Runs the platform until Ctrl-C. It listens on loopback only.')
    .addOption(dataOption('its key and store; made if it is missing'))
    .addOption(databaseOption())
    .addOption(
      portOption(
        '--port <n>',
        'UDP port, which API secrets contain (default: the one used last, at first any)',
      ),
    )
    .addOption(
      portOption(
        '--dashboard-port <n>',
        'TCP port of the dashboard (default: the one used last, at first any)',
      ),
    )
    .addOption(relayOption())
    .addOption(
      new Option(
        '--platform-key-file <file>',
        'with --database: the key that seals the keys of the identities there (default: that in IROH_PLATFORM_KEY). Processes that share a database need the same',
      ),
    )
    .addOption(
      new Option(
        '--identities <n>',
        'with such a key: how many identities are made where the database has none; each is held by one process at a time (default: 4)',
      ).argParser(wholeNumberOf),
    )
    .addOption(
      new Option(
        '--limit <name=number>',
        `how much it takes on; may be given several times. The limits and their defaults: ${defaults(LIMITS)}`,
      ).argParser(addLimit),
    )
    .addOption(
      new Option(
        '--keep <name=number>',
        `how long and how many it keeps; may be given several times. The names and their defaults: ${defaults(RETENTION_NUMBERS)}`,
      ).argParser(addKeep),
    )
    .addHelpText(
      'after',
      examples('serve --data ./platform-data', 'secret --data ./platform-data --label staging'),
    )
    .action(async (options) => (await import('./serve.js')).serve(options));

  program
    .command('secret')
    .summary('make an API secret for an app')
    .description(
      'Makes an API secret and prints it as a line for the environment. It is a credential and is shown once. The platform may be running (started by this program) or not.',
    )
    .addOption(dataOption("the platform's data folder"))
    .addOption(databaseOption())
    .addOption(relayOption())
    .addOption(
      new Option('--label <text>', `your word for it, at most ${MAX_LABEL_LENGTH} characters`)
        .default('', 'none')
        .argParser(label),
    )
    .addHelpText('after', examples('secret --label staging >> app.env'))
    .action(async (options) => (await import('./secret.js')).secret(options));

  program
    .command('backup')
    .summary('copy the data folder, also while the platform runs')
    .description(
      'Copies the store and the key into a new folder, which is a data folder like the first. The platform may be running (started by this program) or not, and goes on meanwhile. Interrupted it leaves no folder, and ends with 1. A PostgreSQL database is backed up with pg_dump.',
    )
    .addOption(dataOption("the platform's data folder"))
    .addOption(databaseOption().hideHelp())
    .requiredOption('--to <dir>', 'the folder to make')
    .addOption(jsonOption())
    .addHelpText('after', examples('backup --to ./backup-monday'))
    .action(async (options) => (await import('./backup.js')).backup(options));

  program
    .command('export')
    .summary('write everything that a platform keeps into a file')
    .description(
      'Writes everything that a platform keeps into a file that only you can read; compressed when its name ends in .gz. PostgreSQL may be in use meanwhile; a platform on a data folder has to be stopped. Interrupted it leaves no file, and ends with 1.',
    )
    .addOption(
      placeOption('--from <place>', FROM_VARIABLE, PLACE).default(DEFAULT_DATA_DIR, DEFAULT_DATA_DIR),
    )
    .requiredOption('--to <file>', 'the file to make')
    .option(
      '--with-keys',
      'with the secret keys of the platform, which API secrets need: whoever has the file is the platform',
    )
    .addOption(platformKeyOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples('export --to platform.jsonl.gz', 'export --with-keys --to platform.jsonl.gz'),
    )
    .action(async (options) => (await import('./transfer.js')).exportTo(options));

  program
    .command('import')
    .summary('fill a new data folder or database from a file of export')
    .description(
      'Fills a new data folder, or an empty PostgreSQL database, from a file that export made, in one step: whatever goes wrong, it stays empty. Files of earlier versions are brought up to date.',
    )
    .requiredOption('--from <file>', 'the file')
    .addOption(placeOption('--to <place>', TO_VARIABLE, PLACE).makeOptionMandatory())
    .addOption(platformKeyOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('import --from platform.jsonl.gz --to ./new-data'))
    .action(async (options) => (await import('./transfer.js')).importFrom(options));

  program
    .command('move')
    .summary('carry a platform to another place: SQLite to PostgreSQL, or back')
    .description(
      'Carries everything, with the secret keys, from one place to another, empty one, in one step. The first is not changed. The platform has to be stopped. In PostgreSQL the keys lie sealed.',
    )
    .addOption(placeOption('--from <place>', FROM_VARIABLE, PLACE).makeOptionMandatory())
    .addOption(placeOption('--to <place>', TO_VARIABLE, 'the same; empty').makeOptionMandatory())
    .addOption(platformKeyOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('move --from ./platform-data --to postgres://platform@db.example/fleet'))
    .action(async (options) => (await import('./transfer.js')).move(options));

  program
    .command('demo')
    .summary('a platform and an app on this machine alone, to press the button once')
    .description(
      'Runs a platform with its dashboard, and an app that answers its Run Diagnostics button, until Ctrl-C. Both are on loopback, nothing is contacted, nothing is kept.',
    )
    .addOption(portOption('--dashboard-port <n>', 'TCP port of the dashboard (default: any)'))
    .addHelpText('after', examples('demo'))
    .action(async (options) => (await import('./demo.js')).demo(options));

  return program;
}

/** What in the words of a command line everybody on the machine could read; `null`: nothing. */
export function secretIn(words: readonly string[]): string | null {
  const seen =
    'Everybody on this machine can see the arguments of programs, and the shell keeps them in its history';
  if (words.some(looksLikeApiSecret))
    return `An API secret was given as an argument. ${seen}: better make a new one and revoke this.`;
  if (words.some((word) => URL_WITH_PASSWORD.test(word)))
    return `A password was given as an argument. ${seen}: better change it, and name the database in ${DATABASE_VARIABLE}, ${FROM_VARIABLE} or ${TO_VARIABLE}.`;
  return null;
}

function examples(...lines: string[]): string {
  const calls = lines.map((line) => `  npx iroh-net-diagnostics-platform ${line}\n`);
  return `\nExample${lines.length === 1 ? '' : 's'}:\n${calls.join('')}\n${EXIT_CODES}`;
}

function dataOption(what: string): Option {
  return new Option('--data <dir>', what).default(DEFAULT_DATA_DIR, DEFAULT_DATA_DIR);
}

function databaseOption(): Option {
  return new Option(
    '--database <url>',
    'a PostgreSQL database for the store, postgres://user@host:port/name; with a password only in the variable, or ~/.pgpass',
  ).env(DATABASE_VARIABLE);
}

function placeOption(flags: string, variable: string, what: string): Option {
  return new Option(flags, what).env(variable);
}

function platformKeyOption(): Option {
  return new Option(
    '--platform-key-file <file>',
    'the key that seals the secret keys in PostgreSQL (default: that in IROH_PLATFORM_KEY)',
  );
}

function jsonOption(): Option {
  return new Option('--json', 'print the result as one line of JSON');
}

function portOption(flags: string, what: string): Option {
  return new Option(flags, what).argParser((text) => {
    const kind = port();
    try {
      return kind.fromText(text);
    } catch {
      throw new InvalidArgumentError(`It must be ${kind.should}.`);
    }
  });
}

function relayOption(): Option {
  return new Option(
    '--relay <url>',
    'a relay through which apps can reach it; may be given several times. URL?quicPort=PORT says where it answers QUIC address discovery, URL?quicPort=none that it does not',
  ).argParser(addRelay);
}

function wholeNumberOf(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}

function addRelay(text: string, before: readonly RelayOption[] = []): RelayOption[] {
  try {
    const { url, quicPort } = relayFromUrl(text);
    return [...before, { url, quicPort }];
  } catch (error) {
    throw new InvalidArgumentError(`${messageOf(error)}.`);
  }
}

function addLimit(text: string, before: ServicesLimitOptions = {}): ServicesLimitOptions {
  const [name, value] = numberIn(LIMITS, text, 'limit');
  return { ...before, [name]: value };
}

function addKeep(text: string, before: RetentionOptions = {}): RetentionOptions {
  return withNumber(before, ...numberIn(RETENTION_NUMBERS, text, 'name of what is kept'));
}

type Numbers = Readonly<Record<string, Row<number>>>;

function defaults(rows: Numbers): string {
  return Object.entries(rows)
    .filter(([, row]) => row.default < Number.MAX_SAFE_INTEGER)
    .map(([name, row]) => `${name}=${row.default}`)
    .join(' ');
}

function numberIn(rows: Numbers, text: string, what: string): [name: string, value: number] {
  const [name = '', value = ''] = text.split('=');
  const row = Object.entries(rows).find(([known]) => known === name)?.[1];
  if (row === undefined) {
    throw new InvalidArgumentError(`${name} is no ${what}; there are ${Object.keys(rows).join(', ')}.`);
  }
  try {
    return [name, row.kind.fromValue(/^\d{1,15}$/.test(value) ? Number(value) : value)];
  } catch {
    throw new InvalidArgumentError(`${name} must be ${row.kind.should}.`);
  }
}

function label(text: string): string {
  if (text.length <= MAX_LABEL_LENGTH) return text;
  throw new InvalidArgumentError(`It has ${text.length} characters; give at most ${MAX_LABEL_LENGTH}.`);
}
