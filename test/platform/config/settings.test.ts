import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CONFIG_NAMES,
  ConfigError,
  type ConfigName,
  hasFlag,
  rowOf,
  Settings,
  variableOf,
} from '../../../platform/config/index.js';
import { parsePlatformOptions } from '../../../platform/options.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-config-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function file(text: string | Uint8Array, name = 'platform.yaml'): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

interface Given {
  flags?: Record<string, unknown>;
  file?: string | null;
  variables?: NodeJS.ProcessEnv;
  names?: readonly ConfigName[];
}

function read({ flags = {}, file = null, variables = {}, names = CONFIG_NAMES }: Given): Promise<Settings> {
  return Settings.read({ names, flags, file, variables });
}

async function problem(given: Given): Promise<string> {
  const error = await read(given).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).message.replaceAll(`${folder}/`, '');
}

describe('every setting', () => {
  it.each(CONFIG_NAMES)('%s means the same as a flag, as a variable and in the file', async (name) => {
    const { contentOf, takes } = rowOf(name);
    const secret = CONFIG_NAMES.find((other) => other === contentOf);
    const example =
      secret === undefined ? rowOf(name).example : await file(rowOf(secret).example, 'a-secret');
    const inFile = await read({ file: await file(`${name}: ${JSON.stringify(example)}\n`), names: [name] });
    const inVariable = await read({ variables: { [variableOf(name)]: example }, names: [name] });
    expect(inFile.setting(name)?.value).toEqual(inVariable.setting(name)?.value);
    expect(inFile.setting(name)?.from).toEqual(['platform.yaml, line 1']);
    expect(inVariable.setting(name)?.from).toEqual([variableOf(name)]);
    if (!hasFlag(rowOf(name))) return;
    const asFlag = await read({ flags: { [name]: takes === '' ? true : example }, names: [name] });
    expect(asFlag.setting(name)?.value).toEqual(inFile.setting(name)?.value);
    expect(asFlag.setting(name)?.from).toEqual([`--${name}`]);
  });

  it.each(CONFIG_NAMES.filter((name) => rowOf(name).to !== null))(
    '%s is an option that Platform.start knows',
    async (name) => {
      const options = (
        await read({ variables: { [variableOf(name)]: rowOf(name).example } })
      ).platformOptions();
      // Which may want another one beside it; but knows the name, and takes the value.
      expect(() => parsePlatformOptions(options)).not.toThrow(/is not known|(?<!is missing); it must be/);
    },
  );

  it('has a variable of its own', () => {
    expect(new Set(CONFIG_NAMES.map(variableOf)).size).toBe(CONFIG_NAMES.length);
  });
});

describe('several sources', () => {
  it('a flag wins over a variable, that over the file, that over the default', async () => {
    const path = await file('dashboard-port: 1\nport: 1\nidentities: 7\n');
    const variables = { IROH_PLATFORM_DASHBOARD_PORT: '2', IROH_PLATFORM_PORT: '2' };
    const settings = await read({ flags: { 'dashboard-port': '3' }, variables, file: path });
    expect(settings.get('dashboard-port')).toBe(3);
    expect(settings.get('port')).toBe(2);
    expect(settings.get('identities')).toBe(7);
    expect(settings.get('network')).toBeNull();
    expect(settings.dataDir).toBe('./platform-data');
  });

  it('of limits and of what is kept, each name has its own source', async () => {
    const path = await file(
      'limit: { sessions: 1, runs: 1 }\nkeep:\n  reports:\n    days: 1\n  runsDays: 2\n',
    );
    const settings = await read({
      file: path,
      variables: { IROH_PLATFORM_LIMIT: 'runs=2,strangers=2', IROH_PLATFORM_KEEP: '' },
      flags: { limit: ['strangers=3'] },
    });
    expect(settings.platformOptions()).toMatchObject({
      limits: { sessions: 1, runs: 2, strangers: 3 },
      retention: { reports: { days: 1 }, runsDays: 2 },
    });
    expect(settings.setting('limit')?.from).toEqual([
      '--limit',
      'IROH_PLATFORM_LIMIT',
      'platform.yaml, line 1',
    ]);
  });

  it('a list is one thing: that of the flags takes the place of that in the file', async () => {
    const path = await file('relay:\n  - https://a.example\n  - url: https://b.example\n    quicPort: 443\n');
    expect((await read({ file: path })).get('relay')).toMatchObject([
      { url: 'https://a.example/' },
      { url: 'https://b.example/', quicPort: 443 },
    ]);
    const settings = await read({ file: path, flags: { relay: ['https://c.example', 'https://d.example'] } });
    expect(settings.get('relay')).toMatchObject([
      { url: 'https://c.example/' },
      { url: 'https://d.example/' },
    ]);
  });

  it('the file may be JSON, and may be named by a variable', async () => {
    const path = await file('{\n\t"host": ["0.0.0.0", "::"],\n\t"port": 7777\n}\n', 'platform.json');
    const settings = await read({ variables: { IROH_PLATFORM_CONFIG: path } });
    expect(settings.get('host')).toEqual(['0.0.0.0', '::']);
    expect(settings.get('port')).toBe(7777);
  });

  it('a path in the file is in the folder of the file', async () => {
    const settings = await read({ file: await file('data: state\nplatform-key-file: /run/key\n') });
    expect(settings.dataDir).toBe(join(folder, 'state'));
    expect(settings.get('platform-key-file')).toBe('/run/key');
    expect((await read({ variables: { IROH_PLATFORM_DATA: 'state' } })).dataDir).toBe('state');
  });

  it('an empty variable, an empty file and a key without a value say nothing', async () => {
    const variables = { IROH_PLATFORM_PORT: '', IROH_PLATFORM_CONFIG: ' ' };
    for (const text of ['', '# nothing\n', '---\n', 'port:\nrelay: # none yet\n#  - https://a.example\n'])
      expect((await read({ variables, file: await file(text) })).platformOptions()).toEqual({
        dataDir: './platform-data',
        dashboard: {},
      });
  });
});

describe('a secret', () => {
  const secret = 'hunter2-hunter2-hunter2-hunter2-hunter2';

  it('may lie in a file of its own', async () => {
    const path = await file(`postgres://u:${secret}@db.test/fleet\n`, 'database');
    const settings = await read({ variables: { IROH_PLATFORM_DATABASE_FILE: path } });
    expect(settings.get('database')).toBe(`postgres://u:${secret}@db.test/fleet`);
    expect(settings.platformOptions().database).toBe(`postgres://u:${secret}@db.test/fleet`);
  });

  it('is told of, and not told, when it is wrong', async () => {
    const path = await file(secret.slice(0, 20), 'token');
    expect(await problem({ file: await file(`dashboard-token-file: token\n`) })).toBe(
      'The content of token (platform.yaml, line 1) was a text of 20 characters that is not shown; it must be 32 characters or more.',
    );
    expect(await problem({ variables: { IROH_PLATFORM_DATABASE: secret } })).toBe(
      'IROH_PLATFORM_DATABASE was a text of 39 characters that is not shown; it must be postgres://user:password@host:port/name.',
    );
    expect(await problem({ variables: { IROH_PLATFORM_DASHBOARD_TOKEN_FILE: `${path}s` } })).toBe(
      'tokens cannot be read: ENOENT.',
    );
  });

  it('is not given twice', async () => {
    const variables = {
      IROH_PLATFORM_DASHBOARD_TOKEN: secret,
      IROH_PLATFORM_DASHBOARD_TOKEN_FILE: '/run/token',
    };
    expect(await problem({ variables })).toBe(
      'dashboard-token is given twice, by IROH_PLATFORM_DASHBOARD_TOKEN and by IROH_PLATFORM_DASHBOARD_TOKEN_FILE: leave one out.',
    );
  });

  it('of a setting that a command does not use is not read', async () => {
    const path = await file('database-file: /nowhere\nport: 1\n');
    expect((await read({ file: path, names: ['port'] })).get('port')).toBe(1);
  });
});

describe('what is wrong is named with its place', () => {
  it('keys, values, variables: all at once', async () => {
    const path = await file(
      'dashbord-port: 1\nport: many\n\nhost:\n  - 0.0.0.0\n  - 10.0.0.1\nlimit: { session: 1 }\n',
    );
    expect(
      (await problem({ file: path, variables: { IROH_PLATFORM_IDENTITIES: '65' } })).split('\n'),
    ).toEqual([
      '`dashbord-port` (platform.yaml, line 1) is not known. Did you mean dashboard-port?',
      'IROH_PLATFORM_IDENTITIES was "65"; it must be a whole number from 1 to 64.',
      '`port` (platform.yaml, line 2) was "many"; it must be a port from 0 to 65535.',
      '`host` (platform.yaml, line 4) was ["0.0.0.0", "10.0.0.1"]; it must be one or two IP addresses, at most one per family.',
      expect.stringMatching(
        /^`limit` \(platform.yaml, line 7\) was .* \(session is no limit; there are sessions, .*\); it must be /,
      ),
    ]);
  });

  it.each([
    ['a key of code or of a variable', 'dashboardPort: 1', /Did you mean dashboard-port\?/],
    ['a key with underscores', 'dashboard_port: 1', /Did you mean dashboard-port\?/],
    [
      'a key that is nothing',
      'quux: 1',
      /^`quux` \(platform.yaml, line 1\) is not known. There are data, database, /,
    ],
    ['a key of JavaScript', '__proto__: { port: 1 }', /^`__proto__` \(platform.yaml, line 1\) is not known/],
    ['a key twice', 'port: 1\nport: 2\n', /^platform.yaml, line 2: this key is there twice\.$/],
    [
      'a key twice in JSON',
      '{ "port": 1,\n "port": 2 }',
      /^platform.yaml, line 2: this key is there twice\.$/,
    ],
    [
      'a key twice inside',
      'limit:\n  runs: 1\n  runs: 2\n',
      /^platform.yaml, line 3: this key is there twice\.$/,
    ],
    [
      'a key that is a list',
      '? [port]\n: 1\n',
      /^platform.yaml, line 1: a name of a setting is expected here\.$/,
    ],
    ['a key that is a number', '1: 1\n', /^platform.yaml, line 1: a name of a setting is expected here\.$/],
    ['a list', '- port\n', /^platform.yaml, line 1: it has to be a mapping/],
    ['a text', 'port 1\n', /^platform.yaml, line 1: it has to be a mapping/],
    ['two documents', 'port: 1\n---\nport: 2\n', /^platform.yaml, line \d: .*document/],
    ['an alias', 'port: &p 1\nidentities: *p\n', /^platform.yaml, line 2: aliases \(\*\) are not taken\.$/],
    ['a tag', 'port: !!js/function "() => 1"\n', /^platform.yaml, line 1: Unresolved tag/],
    ['a bracket that is open', 'host: ["0.0.0.0"\nport: 1\n', /^platform.yaml, line \d: /],
    ['a tab', 'limit:\n\truns: 1\n', /^platform.yaml, line 2: /],
    [
      'a number where a list is',
      'relay: 1',
      /^`relay` \(platform.yaml, line 1\) was 1; it must be a list of relay URLs/,
    ],
    ['a mapping where a number is', 'port: { udp: 1 }', /was an object with the keys udp; it must be a port/],
    ['a fraction', 'port: 1.5', /was 1\.5; it must be a port/],
    ['a word for a flag', 'unsafe-without-login: yes', /was "yes"; it must be true or false/],
    [
      'a path that is none',
      'data: ""',
      /`data` \(platform.yaml, line 1\) was ""; it must be a folder's path/,
    ],
  ])('%s', async (_what, text, told) => {
    expect(await problem({ file: await file(text) })).toMatch(told);
  });

  it('a variable that Kubernetes made', async () => {
    expect(await problem({ variables: { IROH_PLATFORM_PORT: 'tcp://10.0.0.1:8080' } })).toBe(
      'IROH_PLATFORM_PORT was "tcp://10.0.0.1:8080"; it must be a port from 0 to 65535. Kubernetes sets such variables for a Service with that name: set enableServiceLinks: false for the pod.',
    );
  });

  it('a variable that is misspelt is told of, and those of others are left alone', async () => {
    const variables = {
      IROH_PLATFORM_DASHBORD_PORT: '1',
      IROH_PLATFORM_KEY: 'x',
      IROH_PLATFORM_SERVICE_HOST: '10.0.0.1',
      PLATFORM_PORT: 'x',
    };
    expect((await read({ variables })).remarks).toEqual([
      'IROH_PLATFORM_DASHBORD_PORT is not known. Did you mean IROH_PLATFORM_DASHBOARD_PORT?',
    ]);
  });
});

describe('what does not go together is told in the words of the settings', () => {
  it.each([
    [
      { HOST: '0.0.0.0' },
      /^`host` \(IROH_PLATFORM_HOST\) goes beyond loopback, .*: give tls-cert and tls-key, or /,
    ],
    [{ TLS_CERT: '/c.pem' }, /^`tls-cert` \(IROH_PLATFORM_TLS_CERT\) needs its key: give tls-key\.$/],
    [
      { TLS_KEY: '/k.pem', HOST: '::' },
      /^`tls-key` \(IROH_PLATFORM_TLS_KEY\) needs its certificate: give tls-cert\.$/,
    ],
    [{ BIND: '0.0.0.0:1,[::]:2' }, /^`bind` .* names more than one port \(1, 2\)/],
    [{ BIND: '0.0.0.0:1', PORT: '2' }, /^`bind` .* names more than one port \(1, 2\)/],
  ])('%j', async (given, told) => {
    const variables = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [`IROH_PLATFORM_${name}`, value]),
    );
    const settings = await read({ variables });
    expect(() => settings.assertServable()).toThrow(told);
    // And by itself Platform.start would not take it either.
    expect(() => parsePlatformOptions(settings.platformOptions())).toThrow();
  });

  it.each([
    {},
    { HOST: '::1' },
    { HOST: '0.0.0.0', TLS_CERT: '/c.pem', TLS_KEY: '/k.pem' },
    { HOST: '0.0.0.0', TRUST_PROXY: '10.0.0.0/8' },
    { HOST: '0.0.0.0', UNSAFE_PLAIN_HTTP_BEYOND_LOOPBACK: 'true' },
    { BIND: '0.0.0.0:1,[::]:1', PORT: '1' },
  ])('but %j does', async (given) => {
    const variables = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [`IROH_PLATFORM_${name}`, value]),
    );
    const settings = await read({ variables });
    settings.assertServable();
    expect(settings.platformOptions().dataDir).toBe('./platform-data');
  });
});

describe('a file that means harm', () => {
  const bomb = `a0: &a0 [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]\n`).join('')}`;

  it.each([
    ['a billion laughs', bomb, /aliases \(\*\) are not taken/],
    ['many levels of lists', `relay: ${'['.repeat(30_000)}`, /platform.yaml/],
    ['many levels, closed', `relay: ${'['.repeat(30_000)}${']'.repeat(30_000)}`, /platform.yaml/],
    ['many levels of mappings', `limit: ${'{a: '.repeat(12_000)}`, /platform.yaml/],
    [
      'many levels of blocks',
      Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
      /platform.yaml/,
    ],
    ['many question marks', '? '.repeat(30_000), /platform.yaml/],
    ['many dashes', '- '.repeat(30_000), /platform.yaml/],
    ['many keys alone', Array.from({ length: 8_000 }, (_, i) => `k${i}:`).join('\n'), /`k0` .*\n/],
    ['many unknown keys', Array.from({ length: 6_000 }, (_, i) => `k${i}: 1`).join('\n'), /`k0` .*\n/],
    ['many anchors', Array.from({ length: 4_000 }, (_, i) => `k${i}: &a${i} 1`).join('\n'), /`k0` .*\n/],
    ['many quotes', `port: ${'"'.repeat(60_000)}`, /platform.yaml/],
    ['a long number', `port: ${'9'.repeat(60_000)}`, /it must be a port/],
    ['a long key', `${'k'.repeat(60_000)}: 1`, /platform.yaml/],
    ['no text', Uint8Array.of(0xff, 0xfe, 0x00), /platform.yaml: it is no text in UTF-8\./],
    ['zeros', new Uint8Array(1000), /platform.yaml/],
    ['too much', 'port: 1\n'.repeat(100_000), /platform.yaml: it is larger than 64 KiB\./],
  ] as const)('%s', async (_what, text, told) => {
    const path = await file(text);
    const before = performance.now();
    const message = await problem({ file: path });
    expect(message).toMatch(told);
    expect(message.length).toBeLessThan(20_000);
    expect(performance.now() - before).toBeLessThan(15_000);
  });

  it('a device, a folder, nothing', async () => {
    expect(await problem({ file: '/dev/zero' })).toBe('/dev/zero: it is larger than 64 KiB.');
    expect(await problem({ file: folder })).toMatch(/cannot be read: EISDIR\.$/);
    expect(await problem({ file: join(folder, 'nothing.yaml') })).toBe(
      'nothing.yaml cannot be read: ENOENT.',
    );
  });
});
