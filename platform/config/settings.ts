import { dirname, resolve } from 'node:path';
import { InvalidField, nearest } from 'iroh-net-diagnostics/services';
import type { LogFormat } from '../observe/log-words.js';
import type { DashboardOptions, PlatformOptions } from '../options.js';
import { conflicts } from './conflicts.js';
import { type FileEntry, place, readConfigFile, readText } from './file.js';
import { ConfigError, type ConfigRow, readGiven, VARIABLE_PREFIX, variableOf } from './row.js';
import { CONFIG, CONFIG_NAMES, type ConfigName, type ConfigValue, isConfigName, rowOf } from './table.js';

/** The variable that names the file, as the flag `--config` does. */
export const CONFIG_VARIABLE = variableOf('config');
/** Variables with such a name that are no settings. */
const OTHER_VARIABLES = ['IROH_PLATFORM_KEY', 'IROH_PLATFORM_FROM', 'IROH_PLATFORM_TO'];
/** Most problems that one error tells. */
const MAX_PROBLEMS = 10;

/** Where the settings of a command come from. A flag wins over a variable, and that over the file. */
export interface Sources {
  /** Which of the settings the command uses. */
  names: readonly ConfigName[];
  /** What the command line gave, by the settings' names: texts, lists of texts for what may be given several times. */
  flags: Readonly<Record<string, unknown>>;
  /** The file; `null`: the one that {@link CONFIG_VARIABLE} names, if any. */
  file: string | null;
  variables: NodeJS.ProcessEnv;
}

/** One setting that somebody gave. */
export interface Setting {
  value: unknown;
  /** Where: `--port`, `IROH_PLATFORM_PORT`, `platform.yaml, line 3`; of numbers that were put together several. */
  from: readonly string[];
}

interface Found {
  /** How an error names it. */
  blamed: string;
  from: string;
  /** Relative paths are in this folder; `null`: the one where the program runs. */
  folder: string | null;
  given: unknown;
}

/** The settings of a command. */
export class Settings {
  readonly #given: ReadonlyMap<ConfigName, Setting>;
  /** What the operator should know: variables that look misspelt. */
  readonly remarks: readonly string[];

  private constructor(given: ReadonlyMap<ConfigName, Setting>, remarks: readonly string[]) {
    this.#given = given;
    this.remarks = remarks;
  }

  /** Reads and checks all sources. @throws {@link ConfigError}, which tells everything that is wrong */
  static async read(sources: Sources): Promise<Settings> {
    const entries = new Map<string, FileEntry>();
    try {
      return await Settings.#read(sources, entries);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw new ConfigError(error.problems, { cause: error }, logFormatIn(sources, entries));
    }
  }

  /** @param entries - gets those of the file */
  static async #read(
    { names, flags, file: named, variables }: Sources,
    entries: Map<string, FileEntry>,
  ): Promise<Settings> {
    const file = named ?? nonEmpty(variables[CONFIG_VARIABLE]);
    if (file !== null) for (const [name, entry] of await readConfigFile(file)) entries.set(name, entry);
    const problems = unknownKeys(file ?? '', entries);
    const given = new Map<ConfigName, Setting>();
    for (const name of CONFIG_NAMES) {
      const setting = first(name, found(name, flags, variables, file, entries.get(name)), problems);
      if (setting !== null && names.includes(name)) given.set(name, setting);
    }
    if (problems.length === 0) await readContents(given, problems);
    if (problems.length > 0) throw new ConfigError(problems.slice(0, MAX_PROBLEMS));
    return new Settings(given, misspelt(variables));
  }

  /** For a command that serves. @throws {@link ConfigError} when settings do not go together */
  assertServable(): void {
    const problems = conflicts(this);
    if (problems.length > 0) throw new ConfigError(problems);
  }

  /** @returns the value; `null` when nobody gave one */
  get<Name extends ConfigName>(name: Name): ConfigValue<Name> | null {
    const setting = this.#given.get(name);
    // Its own row has read it.
    return setting === undefined ? null : (setting.value as ConfigValue<Name>);
  }

  /** With where it came from. */
  setting(name: ConfigName): Setting | null {
    return this.#given.get(name) ?? null;
  }

  /** The folder of key and store. */
  get dataDir(): string {
    return this.get('data') ?? CONFIG.data.default ?? '';
  }

  /** The options of `Platform.start` that the settings are. */
  platformOptions(): PlatformOptions & { dashboard: DashboardOptions } {
    const options: PlatformOptions & { dashboard: DashboardOptions } = {
      dataDir: this.dataDir,
      dashboard: {},
    };
    for (const [name, { value }] of this.#given) {
      const { to, toOption } = rowOf(name);
      if (to !== null) put(options, to.split('.'), toOption === undefined ? value : toOption(value));
    }
    return options;
  }
}

/** Puts a value where a path leads; each step but the last is an object of options. */
function put(options: object, path: readonly string[], value: unknown): void {
  const [first = '', ...others] = path;
  const inside = options as Record<string, object | undefined>;
  if (others.length === 0) Object.assign(options, { [first]: value });
  else {
    inside[first] ??= {};
    put(inside[first], others, value);
  }
}

/** The format of the log, also where other settings are wrong. */
function logFormatIn({ flags, variables }: Sources, entries: ReadonlyMap<string, FileEntry>): LogFormat {
  const said = [
    flags['log-format'],
    nonEmpty(variables[variableOf('log-format')]),
    entries.get('log-format')?.value,
  ];
  return said.find((one) => one !== undefined && one !== null) === 'json' ? 'json' : 'text';
}

function unknownKeys(file: string, entries: ReadonlyMap<string, FileEntry>): string[] {
  const unknown = [...entries].filter(([name]) => !isConfigName(name)).slice(0, MAX_PROBLEMS);
  return unknown.map(([name, { line }]) => {
    const meant = nearest(name.replaceAll('_', '-'), CONFIG_NAMES);
    const hint = meant === undefined ? `There are ${CONFIG_NAMES.join(', ')}.` : `Did you mean ${meant}?`;
    return `\`${shortened(name)}\` (${place(file, line)}) is not known. ${hint}`;
  });
}

/** What the sources say of one setting; the one that counts first. */
function found(
  name: ConfigName,
  flags: Sources['flags'],
  variables: NodeJS.ProcessEnv,
  file: string | null,
  entry: FileEntry | undefined,
): Found[] {
  const all: Found[] = [];
  const flag = flags[name];
  if (flag !== undefined) {
    const given = Array.isArray(flag) ? flag.join(',') : flag;
    all.push({ blamed: `--${name}`, from: `--${name}`, folder: null, given });
  }
  const variable = variableOf(name);
  const text = nonEmpty(variables[variable]);
  if (text !== null) all.push({ blamed: variable, from: variable, folder: null, given: text });
  if (file !== null && entry !== undefined && entry.value !== null) {
    const from = place(file, entry.line);
    all.push({ blamed: `\`${name}\` (${from})`, from, folder: dirname(file), given: entry.value });
  }
  return all;
}

function first(name: ConfigName, sources: readonly Found[], problems: string[]): Setting | null {
  const row = rowOf(name);
  const read = sources.flatMap((source): Setting[] => {
    try {
      const value = readGiven(name, row, source.given);
      return [{ value: inFolder(row, value, source.folder), from: [source.from] }];
    } catch (error) {
      if (!(error instanceof InvalidField)) throw error;
      problems.push(`${source.blamed} ${error.problem}${hintFor(source.given)}`);
      return [];
    }
  });
  const [best] = read;
  if (best === undefined) return null;
  return row.many === 'numbers' ? together(read) : best;
}

/** Each name has its own source. */
function together(read: readonly Setting[]): Setting {
  const value = Object.assign({}, ...read.map((one) => one.value).reverse()) as object;
  return { value, from: read.flatMap(({ from }) => from) };
}

function inFolder({ isPath = false }: ConfigRow, value: unknown, folder: string | null): unknown {
  return isPath && folder !== null && typeof value === 'string' ? resolve(folder, value) : value;
}

/** Kubernetes gives each pod variables of that form for every Service. */
function hintFor(given: unknown): string {
  return typeof given === 'string' && given.startsWith('tcp://')
    ? ' Kubernetes sets such variables for a Service with that name: set enableServiceLinks: false for the pod.'
    : '';
}

/** Puts the contents of named files in the place of the secrets that they hold. */
async function readContents(given: Map<ConfigName, Setting>, problems: string[]): Promise<void> {
  for (const [name, { value: file, from }] of [...given]) {
    const { contentOf } = rowOf(name);
    if (contentOf === undefined || typeof file !== 'string' || !isConfigName(contentOf)) continue;
    const other = given.get(contentOf);
    if (other !== undefined) {
      problems.push(
        `${contentOf} is given twice, by ${other.from.join()} and by ${from.join()}: leave one out.`,
      );
      continue;
    }
    try {
      const value = readGiven(contentOf, rowOf(contentOf), await readText(file));
      given.set(contentOf, { value, from });
    } catch (error) {
      if (error instanceof InvalidField)
        problems.push(`The content of ${file} (${from.join()}) ${error.problem}`);
      else if (error instanceof ConfigError) problems.push(error.message);
      else throw error;
    }
  }
}

/** An environment serves other programs as well, so only what is near to a name of ours is told. */
function misspelt(variables: NodeJS.ProcessEnv): string[] {
  // Without what all of them begin with, which would make any two alike.
  const known = [...CONFIG_NAMES.map(variableOf), CONFIG_VARIABLE, ...OTHER_VARIABLES].map(endOf);
  return Object.keys(variables)
    .filter((name) => name.startsWith(VARIABLE_PREFIX) && nonEmpty(variables[name]) !== null)
    .flatMap((name) => {
      const meant = known.includes(endOf(name)) ? undefined : nearest(endOf(name), known);
      return meant === undefined ? [] : [`${name} is not known. Did you mean ${VARIABLE_PREFIX}${meant}?`];
    });
}

function endOf(variable: string): string {
  return variable.slice(VARIABLE_PREFIX.length);
}

function nonEmpty(text: string | undefined): string | null {
  return text === undefined || text.trim() === '' ? null : text;
}

function shortened(name: string): string {
  return name.length <= 60 ? name : `${name.slice(0, 60)}…`;
}
