import { Command, InvalidArgumentError, Option } from 'commander';
import { DEFAULT_PROJECT, looksLikeApiSecret, MAX_LABEL_LENGTH, port } from 'iroh-net-diagnostics/services';
import { variableOf } from '../config/index.js';
import { PeopleError } from '../people/errors.js';
import { projectId } from '../people/names.js';
import { isPermission, PERMISSIONS } from '../people/permissions.js';
import { PLATFORM_VERSION } from '../version.js';
import { EXIT } from './exit-codes.js';
import { ALL_SETTINGS, addSettings, readSettings, serveSettingsOf, settingsOf } from './settings.js';

/** It may hold a password, so a command line should not name it. */
const DATABASE_VARIABLE = variableOf('database');
const DEFAULT_DATA_DIR = './platform-data';
const DATA_FOLDER = "the platform's data folder";
const SECRET_SETTINGS = ['data', 'database', 'database-file', 'network', 'relay'] as const;
const BACKUP_SETTINGS = ['data', 'database', 'database-file'] as const;
const ROTATE_SETTINGS = ['database', 'database-file', 'platform-key-file'] as const;
const PEOPLE_SETTINGS = ['data', 'database', 'database-file', 'public-url'] as const;
const FROM_VARIABLE = 'IROH_PLATFORM_FROM';
const TO_VARIABLE = 'IROH_PLATFORM_TO';
const PLACE =
  'a data folder, or postgres://user@host:port/name; with a password only in the variable, or ~/.pgpass';
const URL_WITH_PASSWORD =
  /^(?:--(?:database|from|to)=)?postgres(?:ql)?:\/\/(?:[^/?:@]*:[^/?@]*@|.*[?&]password=)/;
const API_TOKEN = /irohplat_[0-9a-f]{16}_[\w-]/;
const EXIT_CODES = `Exit codes: ${EXIT.ok} done, or ended by a signal; ${EXIT.failed} failed; ${EXIT.usage} wrong words; ${EXIT.settings} wrong settings`;

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

  addSettings(
    program
      .command('serve')
      .summary('run the platform with its dashboard')
      .description('Runs the platform until Ctrl-C.'),
    ALL_SETTINGS,
  )
    .addHelpText(
      'after',
      examples('serve --data ./platform-data', 'secret --data ./platform-data --label staging'),
    )
    .action(async (_options, command) =>
      (await import('./serve.js')).serve(() => readSettings(command, ALL_SETTINGS)),
    );

  addSettings(
    program
      .command('config')
      .summary('check the settings of serve, and show where each comes from')
      .description(
        'Takes the options of serve, checks the settings as it does, starts nothing, and prints them as lines for the file, each with where it comes from. Secrets are not shown.',
      ),
    ALL_SETTINGS,
    null,
  )
    .addOption(jsonOption())
    .addHelpText('after', examples('config --config platform.yaml'))
    .action(async (options, command) =>
      (await import('./config.js')).config(await serveSettingsOf(command), options),
    );

  addSettings(
    program
      .command('secret')
      .summary('make an API secret for an app')
      .description(
        'Makes an API secret and prints it as a line for the environment. It is a credential and is shown once. The platform may be running (started by this program) or not.',
      ),
    SECRET_SETTINGS,
    { data: DATA_FOLDER },
  )
    .addOption(
      new Option('--label <text>', `your word for it, at most ${MAX_LABEL_LENGTH} characters`)
        .default('', 'none')
        .argParser(label),
    )
    .addOption(projectOption('the project whose endpoints use it'))
    .addHelpText('after', examples('secret --label staging >> app.env', 'secret --project shop >> app.env'))
    .action(async (options, command) =>
      (await import('./secret.js')).secret(await settingsOf(command, SECRET_SETTINGS), options),
    );

  addPeople(program);

  addSettings(
    program
      .command('healthcheck')
      .summary('ask the platform that runs here whether it is alive')
      .description(
        'For what looks after a process and cannot ask by HTTP, such as the health check of a container: asks the platform that runs on this data folder, and ends with 0 when it answers within five seconds.',
      ),
    ['data'],
    { data: DATA_FOLDER },
  )
    .addHelpText('after', examples('healthcheck --data ./platform-data'))
    .action(async (_options, command) =>
      (await import('./healthcheck.js')).healthcheck(await settingsOf(command, ['data'])),
    );

  addSettings(
    program
      .command('backup')
      .summary('copy the data folder, also while the platform runs')
      .description(
        'Copies the store and the key into a new folder, which is a data folder like the first. The platform may be running (started by this program) or not, and goes on meanwhile. Interrupted it leaves no folder, and ends with 1. A PostgreSQL database is backed up with pg_dump.',
      ),
    BACKUP_SETTINGS,
    { data: DATA_FOLDER },
  )
    .requiredOption('--to <dir>', 'the folder to make')
    .addOption(jsonOption())
    .addHelpText('after', examples('backup --to ./backup-monday'))
    .action(async (options, command) =>
      (await import('./backup.js')).backup(await settingsOf(command, BACKUP_SETTINGS), options),
    );

  addSettings(
    program
      .command('rotate-key')
      .summary('seal the keys in PostgreSQL with another key')
      .description(
        'Seals the secret keys of the platform, which lie in PostgreSQL, with a new key in the place of that in IROH_PLATFORM_KEY or --platform-key-file: all of them, or none. API secrets stay good. Stop all processes before, and start them with the new key. They need not stop with --while-running: restart them afterwards, one after the other, with the new key; until then none of them can take over what another leaves.',
      ),
    ROTATE_SETTINGS,
    { 'platform-key-file': 'the key that seals them now' },
  )
    .requiredOption('--new-platform-key-file <file>', 'the new key: 32 random bytes in base64 or hex')
    .option('--while-running', 'also while processes of the platform are at work with the old key')
    .addOption(jsonOption())
    .addHelpText('after', examples('rotate-key --platform-key-file old.key --new-platform-key-file new.key'))
    .action(async (options, command) =>
      (await import('./rotate-key.js')).rotateKey(await settingsOf(command, ROTATE_SETTINGS), options),
    );

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

/** Users, projects and tokens, for who runs the platform: no sign-in is asked for. */
function addPeople(program: Command): void {
  const either = 'The platform may be running (started by this program) or not.';
  const people = () => import('./people.js');
  const tokens = () => import('./tokens.js');
  const user = program
    .command('user')
    .summary('add a user, list them, let one in who lost his password, put one out')
    .description(`The users of the platform. ${either}`)
    .addHelpText('after', examples('user add Ana --email ana@example.org', 'user link Ana'));
  const project = program
    .command('project')
    .summary('add a project, or list them')
    .description(`The projects of the platform. ${either}`)
    .addHelpText('after', examples('project add shop --name "The shop"'));
  const token = program
    .command('token')
    .summary('make an API token for a program, list them, revoke one')
    .description(`The API tokens of a project, or of the whole platform. ${either}`)
    .addHelpText('after', examples('token add ci --project shop --permission fleet:read'));
  const under = (parent: Command, words: string, summary: string, example: string) =>
    addSettings(
      parent.command(words).summary(summary).description(`${summary}. ${either}`),
      PEOPLE_SETTINGS,
      {
        data: DATA_FOLDER,
      },
    ).addHelpText('after', examples(`${parent.name()} ${example}`));

  under(
    user,
    'add <name>',
    'Adds a user, and prints a one-time link that lets him choose a password',
    'add Ana',
  )
    .option('--email <address>', 'his e-mail address, by which OpenID Connect knows him, too')
    .option('--administrator', 'he may everything')
    .action(async (name, options, command) =>
      (await people()).addUser(await settingsOf(command, PEOPLE_SETTINGS), { name, ...options }),
    );
  under(user, 'list', 'Lists the users', 'list').action(async (_options, command) =>
    (await people()).listUsers(await settingsOf(command, PEOPLE_SETTINGS)),
  );
  under(user, 'link <name>', 'Prints a link that signs a user in once, within 15 minutes', 'link Ana').action(
    async (name, _options, command) =>
      (await people()).linkUser(await settingsOf(command, PEOPLE_SETTINGS), name),
  );
  under(user, 'disable <name>', 'Puts a user out, at once and everywhere', 'disable Ana').action(
    async (name, _options, command) =>
      (await people()).disableUser(await settingsOf(command, PEOPLE_SETTINGS), name),
  );
  under(project, 'add <id>', 'Adds a project', 'add shop')
    .option('--name <text>', 'its name, as it is shown')
    .action(async (id, options, command) =>
      (await people()).addProject(await settingsOf(command, PEOPLE_SETTINGS), { id, name: options.name }),
    );
  under(project, 'list', 'Lists the projects', 'list').action(async (_options, command) =>
    (await people()).listProjects(await settingsOf(command, PEOPLE_SETTINGS)),
  );
  const ofOwner = (words: string, summary: string, example: string) =>
    under(token, words, summary, example)
      .addOption(projectOption('the project that it is of'))
      .addOption(
        new Option('--platform', 'of the whole platform, with that of all its projects').conflicts('project'),
      );
  ofOwner(
    'add <label>',
    'Makes an API token, and prints it: a credential, shown once',
    'add ci --project shop --permission fleet:read',
  )
    .addOption(
      new Option('--permission <name>', `what it may; several: again. One of ${PERMISSIONS.join(', ')}`)
        .argParser<string[]>((text, before = []) => [...before, permission(text)])
        .makeOptionMandatory(),
    )
    .addOption(new Option('--days <n>', 'days until it ends, or never (default: 90)').argParser(days))
    .action(async (label, options, command) =>
      (await tokens()).addToken(await settingsOf(command, PEOPLE_SETTINGS), label, options),
    );
  ofOwner(
    'list',
    'Lists API tokens, the newest first: id, label, permissions, end',
    'list --project shop',
  ).action(async (options, command) =>
    (await tokens()).listTokens(await settingsOf(command, PEOPLE_SETTINGS), options),
  );
  ofOwner(
    'revoke <id>',
    'Ends an API token, at once and everywhere',
    'revoke 0123456789abcdef --project shop',
  ).action(async (id, options, command) =>
    (await tokens()).revokeToken(await settingsOf(command, PEOPLE_SETTINGS), id, options),
  );
}

/** What in the words of a command line everybody on the machine could read; `null`: nothing. */
export function secretIn(words: readonly string[]): string | null {
  const seen =
    'Everybody on this machine can see the arguments of programs, and the shell keeps them in its history';
  if (words.some(looksLikeApiSecret))
    return `An API secret was given as an argument. ${seen}: better make a new one and revoke this.`;
  if (words.some((word) => API_TOKEN.test(word)))
    return `An API token was given as an argument. ${seen}: better revoke it, by its id alone, and make a new one.`;
  if (words.some((word) => URL_WITH_PASSWORD.test(word)))
    return `A password was given as an argument. ${seen}: better change it, and name the database in ${DATABASE_VARIABLE}, ${FROM_VARIABLE} or ${TO_VARIABLE}.`;
  return null;
}

function examples(...lines: string[]): string {
  const calls = lines.map((line) => `  npx iroh-net-diagnostics-platform ${line}\n`);
  return `\nExample${lines.length === 1 ? '' : 's'}:\n${calls.join('')}\n${EXIT_CODES}`;
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

function label(text: string): string {
  if (text.length <= MAX_LABEL_LENGTH) return text;
  throw new InvalidArgumentError(`It has ${text.length} characters; give at most ${MAX_LABEL_LENGTH}.`);
}

function projectOption(what: string): Option {
  return new Option('--project <id>', what).default(DEFAULT_PROJECT, DEFAULT_PROJECT).argParser((text) => {
    try {
      return projectId(text);
    } catch (error) {
      throw error instanceof PeopleError ? new InvalidArgumentError(error.message) : error;
    }
  });
}

function permission(text: string): string {
  if (isPermission(text)) return text;
  throw new InvalidArgumentError(`There are ${PERMISSIONS.join(', ')}.`);
}

function days(text: string): number | 'never' {
  if (text === 'never') return text;
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number of days, or never.');
}
