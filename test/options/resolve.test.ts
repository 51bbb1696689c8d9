import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { hasCode, NetDiagnosticsError } from '../../lib/errors.js';
import { silentLogger, stderrLogger } from '../../lib/logger.js';
import { type NetDiagnosticsOptions, resolveSettings } from '../../lib/options/index.js';
import { PROBE_NAMES } from '../../lib/probes/index.js';
import { SettingError } from '../../lib/settings/index.js';
import { ApiSecret, CLIENT_HOST_ALPN, SecretKey } from '../../lib/wire/index.js';

const key = SecretKey.fromBytes(new Uint8Array(32).fill(7));
const hexKey = '07'.repeat(32);
const secret = ApiSecret.create(key, { id: key.id, relayUrls: [], directAddrs: [] });
const secretText = secret.reveal();
const idOf = (fill: number) => SecretKey.fromBytes(new Uint8Array(32).fill(fill)).id;
const OTHER_ID = idOf(8);

/** What the check looks for in an endpoint. */
const endpoint = Object.fromEntries(
  ['id', 'addr', 'connect', 'acceptNext', 'setAlpns', 'close'].map((method) => [method, () => undefined]),
) as unknown as NonNullable<NetDiagnosticsOptions['endpoint']>;

/** Options as a JavaScript user may write them. */
const loose = (options: object) => options as NetDiagnosticsOptions;

function failure(options: object, env: NodeJS.ProcessEnv = {}): NetDiagnosticsError {
  try {
    resolveSettings(loose(options), env);
  } catch (error) {
    if (error instanceof NetDiagnosticsError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('the defaults', () => {
  it('are those of the settings page', () => {
    expect(resolveSettings()).toEqual({
      apiSecret: null,
      apiSecretFile: null,
      sshKeyFile: null,
      peers: [],
      platform: null,
      required: false,
      enabled: true,
      name: null,
      group: null,
      attributes: null,
      secretKey: null,
      secretKeyFile: null,
      network: 'n0',
      relays: null,
      bindAddrs: null,
      deadline: 3000,
      reuse: 5000,
      reportOnStart: false,
      metrics: { intervalMs: 60_000, registries: [] },
      grant: true,
      probes: null,
      stun: [],
      endpoint: null,
      acceptLoop: null,
      alpns: null,
      http: null,
      onRequest: null,
      onEvent: null,
      logger: stderrLogger,
    });
  });
});

const LOOPBACK_7 = [
  { family: 4, ip: '127.0.0.1', port: 0 },
  { family: 6, ip: '::1', port: 7 },
];
const ATTRIBUTES = { region: 'eu', tier: '', path: 'a=b' };

describe('a variable', () => {
  it.each([
    ['NET_DIAGNOSTICS_NAME', 'web-1', 'name', 'web-1'],
    ['NET_DIAGNOSTICS_NAME', '  web-1\n', 'name', 'web-1'],
    ['NET_DIAGNOSTICS_GROUP', 'staging', 'group', 'staging'],
    ['NET_DIAGNOSTICS_ATTRIBUTES', 'region=eu, tier = ,path=a=b', 'attributes', ATTRIBUTES],
    ['IROH_SECRET_KEY_FILE', './id.key', 'secretKeyFile', './id.key'],
    ['NET_DIAGNOSTICS_NETWORK', 'minimal', 'network', 'minimal'],
    [
      'NET_DIAGNOSTICS_RELAYS',
      'https://a.example, http://b.example:3340/',
      'relays',
      [
        { url: 'https://a.example/', quicPort: undefined, auth: null },
        { url: 'http://b.example:3340/', quicPort: undefined, auth: null },
      ],
    ],
    [
      'NET_DIAGNOSTICS_RELAYS',
      'https://a.example?quicPort=7843,https://b.example/?quicPort=none,https://c.example/?a=b&quicPort=65535',
      'relays',
      [
        { url: 'https://a.example/', quicPort: 7843, auth: null },
        { url: 'https://b.example/', quicPort: null, auth: null },
        { url: 'https://c.example/?a=b', quicPort: 65_535, auth: null },
      ],
    ],
    ['NET_DIAGNOSTICS_BIND', '127.0.0.1:0, [0::1]:7', 'bindAddrs', LOOPBACK_7],
    ['NET_DIAGNOSTICS_BIND', 'loopback', 'bindAddrs', 'loopback'],
    ['NET_DIAGNOSTICS_DEADLINE', '250', 'deadline', 250],
    ['NET_DIAGNOSTICS_REUSE', '0', 'reuse', 0],
    ['NET_DIAGNOSTICS_METRICS', '0', 'metrics', { intervalMs: 0, registries: [] }],
    ['NET_DIAGNOSTICS_REPORT_ON_START', 'true', 'reportOnStart', true],
    ['NET_DIAGNOSTICS_REPORT_ON_START', '1', 'reportOnStart', true],
    ['NET_DIAGNOSTICS_GRANT', 'false', 'grant', false],
    ['NET_DIAGNOSTICS_GRANT', '0', 'grant', false],
    ['NET_DIAGNOSTICS_PROBES', 'route, https', 'probes', ['route', 'https']],
    [
      'NET_DIAGNOSTICS_PEERS',
      `${key.id}@https://a.example, [::1]:7 , ${OTHER_ID.toUpperCase()},127.0.0.1:9`,
      'peers',
      [
        {
          id: key.id,
          relayUrls: ['https://a.example/'],
          directAddrs: [{ family: 6, ip: '::1', port: 7 }],
        },
        { id: OTHER_ID, relayUrls: [], directAddrs: [{ family: 4, ip: '127.0.0.1', port: 9 }] },
      ],
    ],
    [
      'NET_DIAGNOSTICS_PEERS',
      `${key.id},${OTHER_ID}`,
      'peers',
      [key.id, OTHER_ID].map((id) => ({ id, relayUrls: [], directAddrs: [] })),
    ],
  ])('%s=%j is read', (variable, text, option, value) => {
    expect(resolveSettings({}, { [variable]: text })).toMatchObject({ [option]: value });
  });

  it('with the API secret and one with the key are read', () => {
    const settings = resolveSettings({}, { IROH_SERVICES_API_SECRET: secretText, IROH_SECRET_KEY: hexKey });
    expect(settings.apiSecret?.keyId).toBe(secret.keyId);
    expect(settings.secretKey?.id).toBe(key.id);
  });

  it.each(['', '  '])('that is empty (%j) counts as not set', (text) => {
    const env = {
      IROH_SERVICES_API_SECRET: text,
      NET_DIAGNOSTICS_DEADLINE: text,
      NET_DIAGNOSTICS_ENABLED: text,
    };
    expect(resolveSettings({}, env)).toMatchObject({ apiSecret: null, deadline: 3000, enabled: true });
  });

  it('loses against its option', () => {
    const env = { NET_DIAGNOSTICS_DEADLINE: '250', NET_DIAGNOSTICS_GRANT: 'nonsense' };
    expect(resolveSettings({ deadline: 700, grant: true }, env)).toMatchObject({
      deadline: 700,
      grant: true,
    });
  });

  it('is used when its option is undefined, hidden when it is null or an empty text', () => {
    const env = { NET_DIAGNOSTICS_NAME: 'from-env' };
    expect(resolveSettings({ name: undefined }, env).name).toBe('from-env');
    expect(resolveSettings({ name: null }, env).name).toBeNull();
    expect(resolveSettings({ name: '' }, env).name).toBeNull();
  });
});

describe('an option', () => {
  it('takes what was parsed before, also by another copy of the package', () => {
    const foreign = { reveal: () => secretText } as unknown as ApiSecret;
    expect(resolveSettings({ apiSecret: secret }).apiSecret).toBe(secret);
    expect(resolveSettings({ apiSecret: foreign }).apiSecret?.keyId).toBe(secret.keyId);
    expect(resolveSettings({ secretKey: key }).secretKey).toBe(key);
    expect(resolveSettings({ secretKey: key.toBytes() }).secretKey?.id).toBe(key.id);
    const native = { toBytes: () => Array.from(key.toBytes()) } as unknown as SecretKey;
    expect(resolveSettings({ secretKey: native }).secretKey?.id).toBe(key.id);
  });

  it('takes the word for both loopback addresses as it stands in the variable', () => {
    expect(resolveSettings({ bindAddrs: 'loopback' }).bindAddrs).toBe('loopback');
    expect(resolveSettings({ bindAddrs: ['loopback'] }).bindAddrs).toBe('loopback');
    expect(() => resolveSettings({ bindAddrs: 'everywhere' as 'loopback' })).toThrow(/bindAddrs/);
  });

  it('takes relays as objects', () => {
    const relays = [
      { url: 'https://a.example', quicPort: null, auth: 'services' as const },
      'https://b.example',
      'https://c.example?quicPort=1',
      { url: 'https://d.example?quicPort=none', auth: 'services' as const },
    ];
    expect(resolveSettings({ relays }).relays).toEqual([
      { url: 'https://a.example/', quicPort: null, auth: 'services' },
      { url: 'https://b.example/', quicPort: undefined, auth: null },
      { url: 'https://c.example/', quicPort: 1, auth: null },
      { url: 'https://d.example/', quicPort: null, auth: 'services' },
    ]);
  });

  it('takes an empty list of relays for none', () => {
    expect(resolveSettings({ relays: [] }).relays).toEqual([]);
  });

  it('takes false for no log', () => {
    expect(resolveSettings({ logger: false }).logger).toBe(silentLogger);
  });
});

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`key-${index}`, '']));

describe('a wrong value', () => {
  it.each<[object, string]>([
    [
      { deadline: 99 },
      '`deadline` (variable NET_DIAGNOSTICS_DEADLINE) was 99; it must be a whole number of milliseconds from 100 to 60000.',
    ],
    [{ deadline: '3000' }, 'was "3000"'],
    [{ deadline: 1.5 }, 'was 1.5'],
    [{ deadline: Number.NaN }, 'was NaN'],
    [{ reuse: -1 }, 'from 1 to 3600000, or 0 (never)'],
    [{ metrics: 1 }, 'or 0 (off)'],
    [{ metrics: { intervalMs: 1 } }, '`metrics.intervalMs` was 1; it must be'],
    [{ metrics: { interval: 5_000 } }, '`metrics.interval` is not known. Did you mean `intervalMs`?'],
    [
      { metrics: { registries: {} } },
      '`metrics.registries` was an object with the keys (none); it must be a list',
    ],
    [
      { metrics: { registries: [{}] } },
      '`metrics.registries` was [an object with the keys (none)] (entry 1 of 1: neither a registry of prom-client',
    ],
    [{ grant: 'yes' }, 'true or false'],
    [{ reportOnStart: 1 }, 'was 1; it must be true or false'],
    [{ required: 'x' }, '`required`'],
    [{ enabled: 'x' }, '`enabled`'],
    [{ name: 'x' }, 'it has 1 bytes'],
    [{ name: 'x'.repeat(129) }, 'it has 129 bytes'],
    [{ name: 'a\ud800b' }, 'surrogate'],
    [{ group: 'x' }, 'it has 1 bytes'],
    [
      { attributes: 'a=b' },
      '`attributes` (variable NET_DIAGNOSTICS_ATTRIBUTES) was "a=b"; it must be an object',
    ],
    [{ attributes: ['ab'] }, 'it must be an object of texts'],
    [{ attributes: { ab: 1 } }, 'attribute 1 is no text'],
    [{ attributes: { a: 'x' } }, 'attribute 1: the key is too short'],
    [{ attributes: { ok: '', ab: 'x'.repeat(129) } }, 'attribute 2: the value is too long'],
    [{ attributes: { ab: 'x\udc00' } }, 'half a surrogate pair'],
    [{ attributes: many(129) }, '129 attributes are too many'],
    [{ network: 'N0' }, 'was "N0"; it must be "n0" or "minimal" or "services"'],
    [{ relays: 'https://a.example' }, '`relays`'],
    [{ relays: ['ftp://a.example'] }, 'entry 1 of 1: no http or https URL'],
    [{ relays: ['https://a.example', 'https://a.example/'] }, 'listed twice'],
    [{ relays: [{ url: 'https://a.example', quicPort: 0 }] }, 'quicPort'],
    ...['', '0', '65536', 'NONE', '0x10', '1.5', ' 7842'].map((port): [object, string] => [
      { relays: [`https://a.example/?quicPort=${port}`] },
      'entry 1 of 1: quicPort in a URL is a port from 1 to 65535, or none',
    ]),
    [{ relays: ['https://a.example/?quicPort=1&quicPort=1'] }, 'quicPort is said twice'],
    [{ relays: [{ url: 'https://a.example/?quicPort=1', quicPort: null }] }, 'quicPort is said twice'],
    [{ relays: ['https://a.example/?quicPort=1', 'https://a.example'] }, 'listed twice'],
    [{ relays: [{ url: 'https://a.example', auth: 'x' }] }, 'auth'],
    [
      { relays: [{ url: 'https://a.example', quicport: 1 }] },
      'quicport is not known. Did you mean `quicPort`?',
    ],
    [
      { relays: [{ url: 'https://a.example', token: 'x' }] },
      'token is not known. The options are url, quicPort, auth',
    ],
    [{ relays: [{ url: 'https://a.example', auth: {} }] }, 'auth.token is missing'],
    [{ relays: [{}] }, 'url is missing'],
    [{ relays: [7] }, 'neither a URL nor an object'],
    [{ bindAddrs: ['localhost:0'] }, 'host names are not taken'],
    [{ bindAddrs: ['127.0.0.1:0', '127.0.0.2:0'] }, 'one address per family'],
    [{ bindAddrs: ['loopback', '127.0.0.1:0'] }, 'stands alone'],
    [{ bindAddrs: [] }, 'the list is empty'],
    [{ probes: ['htps'] }, 'did you mean "https"?'],
    [{ probes: ['route', 'route'] }, 'twice'],
    [{ peers: ['nobody'] }, '`peers` (variable NET_DIAGNOSTICS_PEERS) was ["nobody"] (entry 1 of 1: '],
    [{ peers: key.id }, 'it must be a list of at most 4 peers, each "ID"'],
    [{ peers: [`${key.id}@relay.example`] }, 'entry 1 of 1'],
    [{ peers: [{ id: key.id, relay: 'https://a.example' }] }, 'relay is not known. Did you mean `relays`?'],
    [{ peers: [key.id, `${key.id}@https://a.example`] }, `${key.id} is listed twice`],
    [{ peers: [1, 2, 3, 4, 5].map((fill) => idOf(fill)) }, '5 peers; at most 4'],
    [{ onRequest: 'x' }, '`onRequest` was "x"; it must be a function'],
    [{ onEvent: {} }, '`onEvent`'],
    [{ logger: { info() {} } }, 'info, warn and error'],
    [{ endpoint: {} }, 'an Endpoint of @number0/iroh'],
    [
      { secretKeyFile: 7 },
      '`secretKeyFile` (variable IROH_SECRET_KEY_FILE) was 7; it must be the path of a file',
    ],
  ])('%j is refused by name, with what it was and should be', (options, text) => {
    const error = failure(options);
    expect(error).toBeInstanceOf(SettingError);
    expect(hasCode(error, 'ERR_SETTING')).toBe(true);
    expect(error.message).toContain(text);
  });

  it.each([
    ['NET_DIAGNOSTICS_DEADLINE', '3s'],
    ['NET_DIAGNOSTICS_DEADLINE', '0x100'],
    ['NET_DIAGNOSTICS_DEADLINE', '1e3'],
    ['NET_DIAGNOSTICS_GRANT', 'yes'],
    ['NET_DIAGNOSTICS_GRANT', 'TRUE'],
    ['NET_DIAGNOSTICS_REQUIRED', 'on'],
    ['NET_DIAGNOSTICS_RELAYS', 'https://a.example,'],
    ['NET_DIAGNOSTICS_BIND', '0.0.0.0'],
    ['NET_DIAGNOSTICS_PROBES', 'all'],
    ['NET_DIAGNOSTICS_PEERS', 'https://a.example'],
    ['NET_DIAGNOSTICS_PEERS', 'nobody@https://a.example,b.example'],
  ])('%s=%s is refused; the variable is named first', (variable, text) => {
    const error = failure({}, { [variable]: text });
    expect(error.message).toMatch(new RegExp(`^The setting ${variable} \\(option \`\\w+\`\\) was "`));
    expect(error.message).toContain(text);
    expect(error).toMatchObject({ variable });
  });

  it('lists the probes there are', () => {
    expect(failure({ probes: ['x'] }).message).toContain(PROBE_NAMES.join(', '));
  });

  it.each([
    ['apiSecret', 'IROH_SERVICES_API_SECRET', `${secretText}7`],
    ['apiSecret', 'IROH_SERVICES_API_SECRET', secretText.slice(0, -9)],
    ['apiSecret', 'IROH_SERVICES_API_SECRET', `x${secretText}`],
    ['secretKey', 'IROH_SECRET_KEY', hexKey.slice(1)],
  ])('of a secret (%s) is never shown', (option, variable, text) => {
    for (const error of [failure({ [option]: text }), failure({}, { [variable]: text })]) {
      const everything = inspect(error, { depth: 10 }) + JSON.stringify(error) + error.stack;
      expect(error.message).toContain(option);
      expect(error.message).toContain(variable);
      expect(error.message).toContain(`a text of ${text.length} characters that is not shown`);
      expect(everything).not.toContain(text.slice(8, 30));
    }
  });

  it('is refused where it is a key in the place of the path of its file: a file by that name would tell it', () => {
    for (const text of [hexKey, secretText]) {
      const { message } = failure({}, { IROH_SECRET_KEY_FILE: text });
      expect(message).toContain('IROH_SECRET_KEY_FILE (option `secretKeyFile`)');
      expect(message).not.toContain(text.slice(8, 30));
    }
    expect(resolveSettings({ secretKeyFile: `./${hexKey}` }).secretKeyFile).toBe(`./${hexKey}`);
  });

  it('that looks like a secret is not shown either, whichever setting it was put into', () => {
    const wrong = [
      { name: secretText },
      { name: secretText.repeat(2) },
      { name: `${hexKey.repeat(3)}` },
      { network: secretText },
      { relays: ['https://user:hunter2@relay.example'] },
      { relays: [{ url: 'https://relay.example', auth: 'hunter2' }] },
      { relays: [{ url: 'https://relay.example', auth: { token: ['hunter2'] } }] },
      // Copied without a digit at an end: what is left gives all but four bits of the key away.
      { network: hexKey.slice(1) },
      { network: hexKey.slice(0, -1) },
      { network: secretText.slice(8, 58) },
      { secretKeyFile: secretText },
    ];
    for (const options of wrong) {
      const { message } = failure(options);
      for (const hidden of [secretText.slice(8, 30), hexKey.slice(0, 20), 'hunter2'])
        expect(message).not.toContain(hidden);
    }
  });
});

describe('a malformed API secret', () => {
  it('is told by what is wrong with it', () => {
    expect(failure({}, { IROH_SERVICES_API_SECRET: 'todo' }).message).toBe(
      'The setting IROH_SERVICES_API_SECRET (option `apiSecret`) was a text of 4 characters that is not shown (it does not begin with "services"); it must be the text that begins with "services", as the dashboard shows it.',
    );
  });
});

describe('an unknown option', () => {
  it.each([
    ['apiSecrt', 'Did you mean `apiSecret`?'],
    ['APISECRET', 'Did you mean `apiSecret`?'],
    ['bindAddr', 'Did you mean `bindAddrs`?'],
    ['relay', 'Did you mean `relays`?'],
    ['constructor', 'The options are apiSecret, '],
    ['zzzzzzzz', 'The options are apiSecret, '],
  ])('%s is refused: %s', (option, hint) => {
    const { message } = failure({ [option]: undefined });
    expect(message).toContain(`\`${option}\` is not known`);
    expect(message).toContain(hint);
  });

  it.each([[7], ['x'], [[]]])('set (%j) is refused', (options) => {
    expect(failure(options as object).code).toBe('ERR_SETTING');
  });
});

describe('settings together', () => {
  it('give a report with peers the time that those need, unless it is said', () => {
    const peers = [`${key.id}@https://a.example`];
    const variables = { NET_DIAGNOSTICS_PEERS: peers.join() };
    expect(resolveSettings({ peers }).deadline).toBe(10_000);
    expect(resolveSettings({}, variables).deadline).toBe(10_000);
    expect(resolveSettings({ deadline: null }, variables).deadline).toBe(10_000);
    expect(resolveSettings({ peers: [] }, variables).deadline).toBe(3_000);
    expect(resolveSettings({ peers, deadline: 3_000 }).deadline).toBe(3_000);
    expect(resolveSettings({ peers }, { NET_DIAGNOSTICS_DEADLINE: '500' }).deadline).toBe(500);
  });

  it('demand a secret when it is required', () => {
    expect(failure({ required: true }).message).toMatch(/`apiSecret`.*IROH_SERVICES_API_SECRET.*is missing/);
    expect(failure({}, { NET_DIAGNOSTICS_REQUIRED: '1' }).code).toBe('ERR_SETTING');
    expect(resolveSettings({ required: true, apiSecret: secret }).required).toBe(true);
  });

  it('do not matter when it is switched off', () => {
    const env = {
      NET_DIAGNOSTICS_ENABLED: 'false',
      NET_DIAGNOSTICS_REQUIRED: '1',
      IROH_SERVICES_API_SECRET: 'todo',
    };
    expect(resolveSettings({}, env)).toMatchObject({ enabled: false, apiSecret: null });
    expect(failure({ deadlin: 3 }, env).message).toContain('`deadline`');
  });

  it('give one identity: an option beats the variable of the other way, two of a kind are refused', () => {
    const env = { IROH_SECRET_KEY: hexKey };
    expect(resolveSettings({ secretKeyFile: 'x' }, env)).toMatchObject({
      secretKey: null,
      secretKeyFile: 'x',
    });
    const file = { IROH_SECRET_KEY_FILE: 'x' };
    expect(resolveSettings({ secretKey: key }, file)).toMatchObject({ secretKey: key, secretKeyFile: null });
    expect(failure({ secretKey: key, secretKeyFile: 'x' }).message).toContain('beside `secretKey`');
    expect(failure({}, { ...env, ...file }).message).toContain('beside `secretKey`');
  });

  it('say who accepts on an endpoint of one’s own', () => {
    expect(failure({ endpoint }).message).toContain('`acceptLoop`');
    expect(failure({ acceptLoop: 'own' }).message).toContain('needs an `endpoint`');
    expect(failure({ endpoint, acceptLoop: 'own' }).message).toContain('`alpns`');
    expect(resolveSettings({ endpoint, acceptLoop: 'router' })).toMatchObject({
      endpoint,
      acceptLoop: 'router',
    });
    const alpns = ['mine/1', CLIENT_HOST_ALPN];
    expect(resolveSettings({ endpoint: Promise.resolve(endpoint), acceptLoop: 'own', alpns })).toMatchObject({
      alpns,
    });
  });

  it('name the ALPN that such an endpoint lacks', () => {
    const error = failure({ endpoint, acceptLoop: 'own', alpns: ['mine/1'] });
    expect(error.code).toBe('ERR_ALPN');
    expect(error.message).toContain(CLIENT_HOST_ALPN);
  });

  it('leave identity and network to such an endpoint', () => {
    for (const options of [
      { secretKey: key },
      { secretKeyFile: 'x' },
      { network: 'n0' },
      { bindAddrs: ['loopback'] },
    ]) {
      expect(failure({ endpoint, acceptLoop: 'router', ...options }).message).toContain('beside `endpoint`');
    }
    const env = { IROH_SECRET_KEY: hexKey, IROH_SECRET_KEY_FILE: 'x', NET_DIAGNOSTICS_NETWORK: 'minimal' };
    const settings = resolveSettings({ endpoint, acceptLoop: 'router' }, env);
    expect(settings).toMatchObject({ secretKey: null, secretKeyFile: null, network: 'n0' });
  });
});
