import { randomBytes } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiSecret, SecretKey } from '../../lib/wire/index.js';
import { Program } from './program.js';

const seed = randomBytes(32);
const platformId = SecretKey.fromBytes(randomBytes(32)).id;
const secret = ApiSecret.create(SecretKey.fromBytes(seed), {
  id: platformId,
  relayUrls: ['https://relay.test/'],
  directAddrs: [
    { family: 4, ip: '192.0.2.7', port: 4433 },
    { family: 6, ip: '2001:db8::7', port: 4433 },
  ],
});
/** The same key. */
const onLoopback = ApiSecret.create(SecretKey.fromBytes(seed), {
  id: platformId,
  relayUrls: [],
  directAddrs: [{ family: 4, ip: '127.0.0.1', port: 9 }],
});
const facts = {
  version: 0,
  keyId: secret.keyId,
  platform: {
    id: platformId,
    relays: ['https://relay.test/'],
    addrs: ['192.0.2.7:4433', '[2001:db8::7]:4433'],
  },
};

let program: Program;
beforeAll(async () => {
  program = await Program.build();
});
afterAll(() => program.remove());

/** Every run of 8 characters of the key, in each form that it could be printed in. */
function keyWindows(): string[] {
  const hex = seed.toString('hex');
  const forms = [
    hex,
    seed.toString('base64'),
    seed.toString('base64url'),
    [...seed].join(','),
    [...seed].join(', '),
    // In the secret's text: `services`, then 5 bits a character; bytes 2 to 33 are the key.
    secret
      .reveal()
      .slice(8)
      .slice(Math.ceil(16 / 5), Math.floor((34 * 8) / 5)),
  ];
  return forms.flatMap((form) => Array.from({ length: form.length - 7 }, (_, at) => form.slice(at, at + 8)));
}

describe('secret inspect', () => {
  it('shows ids and addresses, and of the key not eight characters in a row', async () => {
    const env = { IROH_SERVICES_API_SECRET: secret.reveal() };
    const outputs = await Promise.all([
      program.run(['secret', 'inspect'], { env }),
      program.run(['secret', 'inspect', '--json'], { env }),
      // With nobody but this machine's own discard port to go to.
      program.run(['doctor', '--timeout', '100'], {
        env: {
          IROH_SERVICES_API_SECRET: onLoopback.reveal(),
          NET_DIAGNOSTICS_NETWORK: 'minimal',
          NET_DIAGNOSTICS_BIND: 'loopback',
        },
      }),
    ]);
    expect(outputs[0]?.stdout).toBe(
      `Version    0\nKey id     ${secret.keyId}\nPlatform   ${platformId}\nRelays     https://relay.test/\n` +
        'Addresses  192.0.2.7:4433\n           [2001:db8::7]:4433\n',
    );
    expect(JSON.parse(outputs[1]?.stdout ?? '')).toEqual(facts);
    const windows = keyWindows();
    for (const { stdout, stderr } of outputs) {
      const shown = stdout + stderr;
      expect(windows.filter((window) => shown.includes(window))).toEqual([]);
    }
  });

  it('reads it from standard input, alone or as the line that `platform secret` prints', async () => {
    const line = `IROH_SERVICES_API_SECRET=${secret.reveal()}\n`;
    for (const stdin of [
      secret.reveal(),
      `  ${secret.reveal()}\n`,
      line,
      `export ${line}`,
      `A=1\n${line}B=2\n`,
    ]) {
      const { code, stdout } = await program.run(['secret', 'inspect', '-', '--json'], { stdin });
      expect([code, JSON.parse(stdout)]).toEqual([0, facts]);
    }
  });

  it('reads it from a file, quoted or not', async () => {
    const path = join(program.folder, 'app.env');
    await writeFile(path, `# of staging\nIROH_SERVICES_API_SECRET="${secret.reveal()}"\n`);
    await chmod(path, 0o600);
    const { code, stdout } = await program.run(['secret', 'inspect', '--secret-file', path, '--json']);
    expect([code, JSON.parse(stdout)]).toEqual([0, facts]);
  });

  it('reads no more of a file than a secret can have: a device has no end, and no size to tell', async () => {
    const { code, stdout, stderr } = await program.run(['secret', 'inspect', '--secret-file', '/dev/zero']);
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: 'That is too long for an API secret.\n',
    });
  });

  it('lets no name of a file move the cursor of the terminal', async () => {
    const { stderr } = await program.run(['secret', 'inspect', '--secret-file', './\x1b[2J']);
    expect(stderr).toMatch(/^The secret file cannot be read: ENOENT/);
    expect(stderr).not.toContain('\x1b');
  });

  it('says what is wrong with 1, without repeating what it read', async () => {
    const cut = secret.reveal().slice(0, 30);
    const answers = await Promise.all([
      program.run(['secret', 'inspect']),
      program.run(['secret', 'inspect', '-'], { stdin: cut }),
      program.run(['secret', 'inspect', '-'], { stdin: 'x'.repeat(100_000) }),
      program.run(['secret', 'inspect', '--secret-file', join(program.folder, 'absent')]),
    ]);
    expect(answers.map(({ code, stdout }) => [code, stdout])).toEqual(answers.map(() => [1, '']));
    const [none, malformed, long, absent] = answers.map(({ stderr }) => stderr);
    expect(none).toMatch(/^There is no API secret: set IROH_SERVICES_API_SECRET/);
    expect(malformed).toMatch(/^The API secret is malformed/);
    expect(malformed).not.toContain(cut.slice(8));
    expect(long).toBe('That is too long for an API secret.\n');
    expect(absent).toMatch(/^The secret file cannot be read: ENOENT/);
  });
});
