import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSecret } from '../../lib/cli/secret-source.js';
import { Shell, type ShellProcess } from '../../lib/cli/shell.js';
import { messageOf } from '../../lib/errors.js';
import { resolveSettings } from '../../lib/options/index.js';
import { ApiSecret, SecretKey } from '../../lib/wire/index.js';

const NAME = 'IROH_SERVICES_API_SECRET';
const [secret, other] = [7, 9].map((seed) =>
  ApiSecret.create(SecretKey.fromBytes(new Uint8Array(32).fill(seed)), {
    id: SecretKey.fromBytes(new Uint8Array(32).fill(8)).id,
    relayUrls: [],
    directAddrs: [{ family: 4, ip: '127.0.0.1', port: 9 }],
  }),
) as [ApiSecret, ApiSecret];
const text = secret.reveal();

const folder = mkdtempSync(join(tmpdir(), 'net-diagnostics-secrets-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'secret');

/** A process whose environment and standard input are these. */
function shell(env: NodeJS.ProcessEnv, stdin = ''): Shell {
  async function* chunks() {
    yield stdin;
  }
  const output = { on: () => {} };
  const input = { setEncoding: chunks };
  return new Shell({ env, stdin: input, stdout: output, stderr: output } as unknown as ShellProcess);
}

/** Every way that a text can come in; each tells whose secret it is. */
const WAYS: Record<string, (given: string | Buffer) => Promise<ApiSecret | null | undefined>> = {
  'the option': async (given) => resolveSettings({ apiSecret: String(given) }).apiSecret,
  'the variable': async (given) => resolveSettings({}, { [NAME]: String(given) }).apiSecret,
  'the option apiSecretFile': async (given) => {
    writeFileSync(path, given);
    return resolveSettings({ apiSecretFile: path }).apiSecret;
  },
  'its variable': async (given) => {
    writeFileSync(path, given);
    return resolveSettings({}, { [`${NAME}_FILE`]: path }).apiSecret;
  },
  'ApiSecret.fromEnv': async (given) => ApiSecret.fromEnv({ [NAME]: String(given) }),
  'the variable of a command': (given) => readSecret({ kind: 'env' }, shell({ [NAME]: String(given) })),
  'the file variable of a command': (given) => {
    writeFileSync(path, given);
    return readSecret({ kind: 'env' }, shell({ [`${NAME}_FILE`]: path }));
  },
  '--secret-file': (given) => {
    writeFileSync(path, given);
    return readSecret({ kind: 'file', path }, shell({}));
  },
  'standard input': (given) => readSecret({ kind: 'stdin' }, shell({}, String(given))),
};

/** As real deployments hand a good secret over. */
const TAKEN: Record<string, string> = {
  'as it is': text,
  'with a newline of Windows': `${text}\r\n`,
  'with spaces around it': `  ${text}\t`,
  'behind a byte order mark': `\ufeff${text}\r\n`,
  'in double quotes (docker --env-file)': `"${text}"`,
  'in single quotes': `'${text}'`,
  'with a comment after it': `${text} # prod`,
  'with a no-break space after it': `${text}\u00a0`,
  'with a zero-width space after it': `${text}\u200b`,
  'as a line of an env file': `${NAME}=${text}\n`,
  'as such a line behind a byte order mark': `\ufeff${NAME}=${text}\r\n`,
  'as a line to export, quoted, with a comment': `export ${NAME}="${text}" # prod\n`,
  'with spaces around the sign': `${NAME} = '${text}'\n`,
  'as a line of Windows batch': `set ${NAME}=${text}\r\n`,
  'as a line of YAML': `${NAME}: ${text}\n`,
  'among other lines': `A=1\n${NAME}=${text}\nB=2\n`,
  'after one that is commented out': `# old\n#${NAME}=${other.reveal()}\n${NAME}=${text}\n`,
  'after a comment': `# of staging\n${text}\n`,
  'twice, the same': `${NAME}=${text}\n${NAME}="${text}"\n`,
};

/** What cannot be guessed: the error says what it is. */
const REFUSED: Record<string, [string, RegExp]> = {
  'twice, and different': [
    `${NAME}=${text}\n${NAME}=${other.reveal()}\n`,
    /more than once, with different values/,
  ],
  'wrapped in two lines': [`${text.slice(0, 40)}\n${text.slice(40)}`, /several lines/],
  'with a space inside': [`${text.slice(0, 40)} ${text.slice(40)}`, /white space inside/],
  'as JSON': [JSON.stringify({ [NAME]: text }), /JSON/],
  'as base64 (kubectl get secret -o yaml)': [Buffer.from(text).toString('base64'), /base64/],
  'as UTF-16': [Buffer.from(text, 'utf16le').toString(), /UTF-16/],
  'as something else': ['A=1\n', /does not begin with "services"/],
  'cut off': [text.slice(0, -9), /./],
};

/** What stands for "none" in the environment. Of a file that was named, it is an error. */
const NONE = ['', '   ', '""', "''", '\n', `${NAME}=`, `${NAME}=""\n`];

describe.each(Object.entries(WAYS))('a secret in %s', (way, read) => {
  it.each(Object.entries(TAKEN))('is taken %s', async (_how, given) => {
    expect((await read(given))?.keyId).toBe(secret.keyId);
  });

  it.each(Object.entries(REFUSED))(
    'is refused %s, by one error that names the place and not the text',
    async (_how, [given, why]) => {
      const error: unknown = await read(given).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      const message = messageOf(error);
      expect(message).toMatch(why);
      // Where to look: the option, the variable, or the file.
      expect(message).toMatch(/apiSecret|IROH_SERVICES_API_SECRET|net-diagnostics-secrets-/);
      expect(message).not.toContain(text.slice(10, 30));
      expect(message.split('\n')).toHaveLength(1);
    },
  );

  it.each(NONE)('%j is none', async (given) => {
    const read_ = read(given);
    if (/File|its variable|file variable/.test(way))
      await expect(read_).rejects.toThrow(/holds no API secret/);
    else expect((await read_) ?? null).toBe(null);
  });

  it('as a file of UTF-16, with its mark, is named', async () => {
    if (!/ile/.test(way)) return;
    await expect(read(Buffer.from(`\ufeff${text}`, 'utf16le'))).rejects.toThrow(/UTF-16/);
  });
});

describe('apiSecretFile', () => {
  const failure = (options: Parameters<typeof resolveSettings>[0], env: NodeJS.ProcessEnv = {}): string => {
    try {
      resolveSettings(options, env);
    } catch (error) {
      return messageOf(error);
    }
    throw new Error('it was taken');
  };

  it('says when the file is not there, or is a folder that Docker made', () => {
    const absent = join(folder, 'absent');
    expect(failure({}, { [`${NAME}_FILE`]: absent })).toBe(
      `The setting ${NAME}_FILE (option \`apiSecretFile\`) names ${absent}, which is not there: mount it, or correct the path.`,
    );
    const made = join(folder, 'made');
    mkdirSync(made);
    expect(failure({ apiSecretFile: made })).toMatch(/is a folder/);
    expect(failure({ apiSecretFile: '/dev/zero' })).toMatch(/too long/);
  });

  it("is one of two ways: an option wins over the other way's variable, two of a kind are an error", () => {
    writeFileSync(path, text);
    const env = { [NAME]: text, [`${NAME}_FILE`]: path };
    expect(failure({}, env)).toMatch(/_FILE.*beside `apiSecret`/);
    expect(failure({ apiSecret: text, apiSecretFile: path })).toMatch(/apiSecretFile.*beside `apiSecret`/);
    writeFileSync(path, other.reveal());
    expect(resolveSettings({ apiSecretFile: path }, { [NAME]: text }).apiSecret?.keyId).toBe(other.keyId);
    expect(resolveSettings({ apiSecret: text }, { [`${NAME}_FILE`]: 'absent' }).apiSecret?.keyId).toBe(
      secret.keyId,
    );
  });

  it('is hidden by the option `apiSecret: null`, which means none: an unset variable in its place must not bring another', () => {
    writeFileSync(path, text);
    const env = { [`${NAME}_FILE`]: path };
    expect(resolveSettings({ apiSecret: null }, env).apiSecret).toBe(null);
    expect(resolveSettings({ secretKey: null }, { IROH_SECRET_KEY_FILE: path }).secretKeyFile).toBe(null);
  });

  it('is enough where a secret is required, and nothing is read where all is switched off', () => {
    writeFileSync(path, text);
    expect(resolveSettings({ required: true, apiSecretFile: path }).apiSecret?.keyId).toBe(secret.keyId);
    expect(resolveSettings({ enabled: false, apiSecretFile: 'absent' }).apiSecret).toBe(null);
  });

  it('takes no secret in the place of a path', () => {
    expect(failure({}, { [`${NAME}_FILE`]: text })).toMatch(/it is a secret, not the path of its file/);
  });
});
