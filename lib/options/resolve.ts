import { readFileSync } from 'node:fs';
import { usualDeadlineMs } from '../diagnose/index.js';
import { messageOf, NetDiagnosticsError } from '../errors.js';
import {
  assertObject,
  InvalidField,
  reading,
  readRow,
  SettingError,
  type SettingOrigin,
  unknownProblem,
} from '../settings/index.js';
import { printable } from '../text.js';
import { ApiSecret, CLIENT_HOST_ALPN, readOpensshKey } from '../wire/index.js';
import { mayBeHosted } from './hosted.js';
import { readSecretFile } from './secret-file.js';
import type { Setting } from './setting.js';
import { SETTINGS, type SettingValues } from './table.js';
import type { NetDiagnosticsOptions } from './types.js';

/** Validated settings. `null` stands for "none"; durations are milliseconds. */
export type Settings = Readonly<SettingValues>;

/** Settings with an API secret, so that there is a platform to connect to. */
export type ActiveSettings = Settings & { readonly apiSecret: ApiSecret };

/** Whether the plugin has anything to do: it is enabled and has an API secret. */
export function isActive(settings: Settings): settings is ActiveSettings {
  return settings.enabled && settings.apiSecret !== null;
}

type Option = keyof typeof SETTINGS;
const OPTIONS = Object.keys(SETTINGS) as Option[];

/** Options that the user's own endpoint has decided already. */
const OF_OWN_ENDPOINT = ['secretKey', 'secretKeyFile', 'network', 'bindAddrs'] as const;

/**
 * Validates options and environment variables; an explicit option wins over its variable.
 * @param options - `undefined` values count as not given, `null` and empty texts as "none"
 * @param env - empty variables count as not set
 * @throws SettingError (`ERR_SETTING`); `ERR_ALPN` when the user's own endpoint does not accept dial-backs
 */
export function resolveSettings(options: NetDiagnosticsOptions = {}, env: NodeJS.ProcessEnv = {}): Settings {
  assertKnown(options);
  const enabled = resolveOne('enabled', options, env);
  // The other settings are not used, so a placeholder in the environment of a development machine must not matter.
  if (!enabled.value) return { ...defaults(), enabled: false };
  const seen = withoutFileVariables(options, env);
  const resolved = Object.fromEntries(OPTIONS.map((option) => [option, resolveOne(option, options, seen)]));
  const settings = Object.fromEntries(
    OPTIONS.map((option) => [option, resolved[option]?.value]),
  ) as unknown as SettingValues;
  const origin = (option: Option) => resolved[option]?.origin ?? originOf(option, null);
  return consistent(settings, origin);
}

function assertKnown(options: NetDiagnosticsOptions): void {
  assertObject(options, null);
  const unknown = Object.keys(options).find((key) => !Object.hasOwn(SETTINGS, key));
  if (unknown === undefined) return;
  throw new SettingError(
    { option: unknown, variable: null, from: 'option' },
    unknownProblem(unknown, OPTIONS),
  );
}

/**
 * An option hides its own variable and that of its file, also when it is "none": with `apiSecret: null` the secret of a
 * file that the environment names must not be used.
 */
function withoutFileVariables(options: NetDiagnosticsOptions, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const hidden = (['apiSecret', 'secretKey'] as const)
    .filter((option) => options[option] !== undefined)
    .map((option) => SETTINGS[`${option}File`].variable);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !hidden.includes(name)));
}

interface Resolved {
  value: unknown;
  origin: SettingOrigin;
}

function resolveOne(option: Option, options: NetDiagnosticsOptions, env: NodeJS.ProcessEnv): Resolved {
  const row: Setting<unknown, unknown> = SETTINGS[option];
  const { kind, variable } = row;
  const given = options[option];
  if (given !== undefined) {
    const isNone = given === null || given === '';
    const value = naming(variable, 'option', () => readRow(option, row, isNone ? null : given));
    return { value, origin: originOf(option, isNone ? null : 'option') };
  }
  const text = (variable === null ? undefined : env[variable])?.trim() ?? '';
  const { fromText } = kind;
  if (text === '' || fromText === undefined) return { value: row.default, origin: originOf(option, null) };
  const value = naming(variable, 'variable', () => reading(option, row, text, () => fromText(text)));
  return { value, origin: originOf(option, 'variable') };
}

function naming<T>(variable: string | null, from: SettingOrigin['from'], read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof InvalidField ? SettingError.in({ variable, from }, error) : error;
  }
}

/** Checks the settings that depend on each other. */
function consistent(settings: SettingValues, origin: (option: Option) => SettingOrigin): Settings {
  onlyOne(settings, origin, ['apiSecret', 'apiSecretFile']);
  if (settings.apiSecretFile !== null) {
    settings.apiSecret = secretIn(settings.apiSecretFile, origin('apiSecretFile'));
  }
  takeSshKey(settings, origin);
  if (origin('deadline').from === null) settings.deadline = usualDeadlineMs(settings.peers.length);
  if (settings.required && settings.apiSecret === null) {
    throw new SettingError(origin('apiSecret'), `is missing, and \`required\` is set: give one.`);
  }
  return settings.endpoint === null
    ? withoutOwnEndpoint(settings, origin)
    : withOwnEndpoint(settings, origin);
}

/** Allows one of two ways to give the same thing. An option also wins over the variable of the other way. */
function onlyOne<Value extends Option, File extends Option>(
  settings: Pick<SettingValues, Value | File> & Record<Value | File, unknown>,
  origin: (option: Option) => SettingOrigin,
  [value, file]: readonly [Value, File],
): void {
  if (settings[value] === null || settings[file] === null) return;
  const [from, fileFrom] = [origin(value), origin(file)];
  if (from.from === fileFrom.from) {
    throw new SettingError(fileFrom, `was given beside \`${value}\`; give one of them.`);
  }
  Object.assign(settings, { [from.from === 'option' ? file : value]: null });
}

/** The third way to give the credential: an SSH key, and the address of the platform. */
function takeSshKey(settings: SettingValues, origin: (option: Option) => SettingOrigin): void {
  onlyOne(settings, origin, ['apiSecret', 'sshKeyFile']);
  const { sshKeyFile, platform } = settings;
  if (sshKeyFile === null) return;
  if (platform === null) {
    throw new SettingError(origin('platform'), 'is missing beside `sshKeyFile`: say where the platform is.');
  }
  try {
    settings.apiSecret = ApiSecret.fromSshKey(readOpensshKey(readFileSync(sshKeyFile, 'utf8')), platform);
  } catch (error) {
    // An error of the system has the path in it, and nothing of the content.
    const why = error instanceof NetDiagnosticsError ? error.message : `cannot be read (${messageOf(error)})`;
    throw new SettingError(origin('sshKeyFile'), `names ${printable(sshKeyFile)}, which ${why}.`);
  }
}

/** The network `services`: each relay gets a token of the project. Relays of somebody else must not get one. */
function withRelayTokens(settings: SettingValues, origin: (option: Option) => SettingOrigin): Settings {
  const { network, relays, apiSecret } = settings;
  if (network !== 'services') return settings;
  if (relays !== null) {
    return { ...settings, relays: relays.map((relay) => ({ ...relay, auth: relay.auth ?? 'services' })) };
  }
  if (apiSecret === null || mayBeHosted(apiSecret)) return settings;
  throw new SettingError(
    origin('network'),
    'was "services", and the API secret is none of the hosted platform: list the relays that get its token, or use "n0".',
  );
}

function secretIn(path: string, origin: SettingOrigin): ApiSecret {
  try {
    return readSecretFile(path);
  } catch (error) {
    throw new SettingError(origin, `names ${printable(path)}, which ${messageOf(error)}`, { cause: error });
  }
}

function withoutOwnEndpoint(settings: SettingValues, origin: (option: Option) => SettingOrigin): Settings {
  onlyOne(settings, origin, ['secretKey', 'secretKeyFile']);
  for (const option of ['acceptLoop', 'alpns'] as const) {
    if (settings[option] !== null) throw new SettingError(origin(option), 'needs an `endpoint` of your own.');
  }
  return withRelayTokens(settings, origin);
}

function withOwnEndpoint(settings: SettingValues, origin: (option: Option) => SettingOrigin): Settings {
  for (const option of OF_OWN_ENDPOINT) {
    // A variable is no error: it may be meant for the code that bound the endpoint.
    if (origin(option).from === 'option') {
      throw new SettingError(origin(option), 'cannot be given beside `endpoint`, which has its own.');
    }
  }
  if (settings.acceptLoop === null) {
    throw new SettingError(
      origin('acceptLoop'),
      'is missing beside `endpoint`: "router" lets this package accept all of its connections, "own" leaves that to your loop.',
    );
  }
  if (settings.acceptLoop === 'own') assertAlpns(settings.alpns, origin('alpns'));
  return {
    ...settings,
    secretKey: null,
    secretKeyFile: null,
    network: SETTINGS.network.default,
    bindAddrs: null,
  };
}

function assertAlpns(alpns: readonly string[] | null, origin: SettingOrigin): void {
  if (alpns === null) {
    throw new SettingError(
      origin,
      'is missing beside `acceptLoop: "own"`: list the ALPNs your endpoint was bound with.',
    );
  }
  if (alpns.includes(CLIENT_HOST_ALPN)) return;
  throw new NetDiagnosticsError(
    'ERR_ALPN',
    `\`alpns\` lacks "${CLIENT_HOST_ALPN}" (CLIENT_HOST_ALPN), so no dial-back could arrive: bind your endpoint with it, and hand its connections to accept().`,
  );
}

function defaults(): SettingValues {
  return Object.fromEntries(
    OPTIONS.map((option) => [option, SETTINGS[option].default]),
  ) as unknown as SettingValues;
}

function originOf(option: Option, from: SettingOrigin['from']): SettingOrigin {
  return { option, variable: SETTINGS[option].variable, from };
}
