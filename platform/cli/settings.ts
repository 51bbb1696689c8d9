import { type Command, InvalidArgumentError, Option } from 'commander';
import { InvalidField, InvalidValue } from 'iroh-net-diagnostics/services';
import {
  CONFIG_NAMES,
  CONFIG_VARIABLE,
  type ConfigName,
  type ConfigRow,
  hasFlag,
  rowOf,
  Settings,
} from '../config/index.js';

/** All that `serve` takes. */
export const ALL_SETTINGS: readonly ConfigName[] = CONFIG_NAMES;

/**
 * Gives a command the flags of these settings, and the one that names a file with them.
 * @param words - what help says of a setting, where the command uses it in another way; `null`: it does not list them
 */
export function addSettings(
  command: Command,
  names: readonly ConfigName[],
  words: Partial<Record<ConfigName, string>> | null = {},
): Command {
  for (const name of names) {
    const row = rowOf(name);
    if (hasFlag(row))
      command.addOption(optionOf(name, row, words?.[name] ?? row.about).hideHelp(words === null));
  }
  return command.addOption(
    new Option(
      '--config <file>',
      `a file with such settings, YAML or JSON (default: that in ${CONFIG_VARIABLE}). Each can also be a variable: IROH_PLATFORM_ and its name in capitals`,
    ),
  );
}

/** The settings of a command that was called: its flags, then the environment, then the file. @throws ConfigError */
export async function settingsOf(command: Command, names: readonly ConfigName[]): Promise<Settings> {
  const settings = await readSettings(command, names);
  for (const remark of settings.remarks) process.stderr.write(`${remark}\n`);
  return settings;
}

/** The same, without a word about them. */
export function readSettings(command: Command, names: readonly ConfigName[]): Promise<Settings> {
  const given = command.opts();
  const flags = Object.fromEntries(
    command.options
      .filter((option) => given[option.attributeName()] !== undefined)
      .map((option) => [option.long?.slice(2) ?? '', given[option.attributeName()]]),
  );
  const { config = null } = given;
  return Settings.read({ names, flags, file: config, variables: process.env });
}

function optionOf(name: ConfigName, row: ConfigRow, about: string): Option {
  const shown = row.default === null ? about : `${about} (default: ${row.default})`;
  const option = new Option(row.takes === '' ? `--${name}` : `--${name} ${row.takes}`, shown);
  if (row.takes === '') return option;
  return row.many === undefined
    ? option.argParser((text) => checked(row, text))
    : option.argParser<string[]>((text, before = []) => [...before, checked(row, text)]);
}

/** What is wrong on the command line is told with the words that commander has for it, and with their exit code. */
function checked(row: ConfigRow, text: string): string {
  try {
    row.kind.fromText(text);
    return text;
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    const { should } = row.kind;
    const detail = error instanceof InvalidField ? error.message : error.detail;
    const problem = detail === null ? '' : `${detail.replace(/^entry 1 of 1: /, '')}. `;
    throw new InvalidArgumentError(`${problem}It must be ${should}.`);
  }
}

/** The same for a command that serves: they have to go together, too. */
export async function serveSettingsOf(command: Command): Promise<Settings> {
  const settings = await settingsOf(command, ALL_SETTINGS);
  settings.assertServable();
  return settings;
}
