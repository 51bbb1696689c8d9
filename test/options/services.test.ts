import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveSettings } from '../../lib/options/index.js';
import { networkRelays } from '../../lib/transport/index.js';
import { ApiSecret, type EndpointAddress, readOpensshPublicKey, SecretKey } from '../../lib/wire/index.js';
import { ENCRYPTED_SSH_KEY, FOREIGN_SSH_KEY, SSH_KEY, SSH_PUBLIC_KEY } from '../support/ssh-keys.js';

const key = SecretKey.fromBytes(new Uint8Array(32).fill(4));
const secretAt = (where: Partial<EndpointAddress> = {}) =>
  ApiSecret.create(key, { id: key.id, relayUrls: [], directAddrs: [], ...where });
const addr = { family: 4 as const, ip: '192.0.2.1', port: 7 };

describe("the network of the official preset, 'services'", () => {
  it('gives a token to every relay that is listed, whoever the platform is', () => {
    const apiSecret = secretAt({ directAddrs: [addr] });
    const relays = ['https://a.example', { url: 'https://b.example', quicPort: null }];
    expect(resolveSettings({ network: 'services', apiSecret, relays }).relays).toEqual([
      { url: 'https://a.example/', quicPort: undefined, auth: 'services' },
      { url: 'https://b.example/', quicPort: null, auth: 'services' },
    ]);
  });

  it("never gives n0's relays a token of a platform that is not the hosted one", () => {
    for (const where of [{ directAddrs: [addr] }, { relayUrls: ['https://iroh.link.example/'] }]) {
      expect(() => resolveSettings({ network: 'services', apiSecret: secretAt(where) })).toThrow(
        /`network`.*none of the hosted platform: list the relays/,
      );
    }
    const hosted = [{}, { relayUrls: ['https://use1-1.relay.n0.iroh.link/'] }];
    for (const where of hosted) {
      const settings = resolveSettings({ network: 'services', apiSecret: secretAt(where) });
      expect(settings).toMatchObject({ network: 'services', relays: null });
    }
  });

  it("takes a secret that is reached through n0's own relays for a hosted one", async () => {
    const urls = (await networkRelays()).map(({ url }) => url);
    expect(urls.length).toBeGreaterThan(1);
    expect(resolveSettings({ network: 'services', apiSecret: secretAt({ relayUrls: urls }) }).network).toBe(
      'services',
    );
  });

  it('is explicit only, and asks for nothing where nothing is connected', () => {
    expect(resolveSettings({ apiSecret: secretAt() }).network).toBe('n0');
    expect(resolveSettings({}, { NET_DIAGNOSTICS_NETWORK: 'services' }).network).toBe('services');
  });
});

describe('an SSH key in place of an API secret', () => {
  let folder: string;
  let sshKeyFile: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ssh-key-'));
    sshKeyFile = join(folder, 'id_ed25519');
    writeFileSync(sshKeyFile, SSH_KEY);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('opens the platform that is named beside it, with everything allowed', () => {
    const platform = `${key.id}@192.0.2.1:7, https://relay.example`;
    const { apiSecret } = resolveSettings({ sshKeyFile, platform });
    expect(apiSecret?.keyId).toBe(readOpensshPublicKey(SSH_PUBLIC_KEY));
    expect(apiSecret?.clientCaps.toStrings()).toEqual(['all']);
    expect(apiSecret?.platform).toEqual({
      id: key.id,
      relayUrls: ['https://relay.example/'],
      directAddrs: [addr],
    });
    const parsed = { id: key.id, relays: ['https://relay.example'], addrs: ['192.0.2.1:7'] };
    expect(resolveSettings({ sshKeyFile, platform: parsed }).apiSecret?.platform).toEqual(
      apiSecret?.platform,
    );
    const variables = { NET_DIAGNOSTICS_SSH_KEY_FILE: sshKeyFile, NET_DIAGNOSTICS_PLATFORM: key.id };
    expect(resolveSettings({}, variables).apiSecret?.platform.directAddrs).toEqual([]);
    expect(resolveSettings({ apiSecret: secretAt() }, variables).apiSecret?.keyId).toBe(key.id);
    expect(secretAt().clientCaps.toStrings()).toEqual(['client']);
  });

  it('is one clear error when it does not do, and shows nothing of the key', () => {
    const platform = key.id;
    const attempt = (options: object) => () => resolveSettings({ sshKeyFile, platform, ...options });
    expect(attempt({ platform: null })).toThrow(/`platform`.*is missing beside `sshKeyFile`/);
    expect(attempt({ platform: 'nobody' })).toThrow(/`platform`/);
    expect(attempt({ platform: `${key.id}@localhost` })).toThrow(/`platform`/);
    expect(attempt({ apiSecret: secretAt() })).toThrow(/beside `apiSecret`; give one of them/);
    expect(attempt({ sshKeyFile: join(folder, 'none') })).toThrow(/`sshKeyFile`.*ENOENT/);
    writeFileSync(sshKeyFile, ENCRYPTED_SSH_KEY);
    expect(attempt({})).toThrow(/is encrypted/);
    writeFileSync(sshKeyFile, FOREIGN_SSH_KEY);
    expect(attempt({})).toThrow(/only ed25519/);
  });
});
