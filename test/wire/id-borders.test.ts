import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ED25519_TORSION_SUBGROUP } from '@noble/curves/ed25519';
import { describe, expect, it } from 'vitest';
import { resolveSettings } from '../../lib/options/index.js';
import { toWireReport } from '../../lib/report/index.js';
import { adoptConnection, type NativeConnection } from '../../lib/transport/index.js';
import { decodeBase32, encodeBase32 } from '../../lib/wire/base32.js';
import {
  ApiSecret,
  Caps,
  decodeReport,
  decodeServicesRequest,
  encodeReport,
  encodeServicesRequest,
  endpointIdFromBytes,
  parseEndpointId,
  readOpensshPublicKey,
  Token,
} from '../../lib/wire/index.js';
import { sampleReport } from '../platform/stage.js';
import { FULL_REPORT } from '../report/support/full-report.js';
import { fromHex, keyOf, toHex } from './support.js';

/** Keys that must never become an id: of small order, off the curve, or written in another way than the one. */
const BAD_KEYS: [what: string, hex: string][] = [
  ...ED25519_TORSION_SUBGROUP.map((hex) => ['small order', hex] as [string, string]),
  ['off the curve', `02${'00'.repeat(31)}`],
  ['not canonical: p', `ed${'ff'.repeat(30)}7f`],
  ['not canonical: p + 1, the identity', `ee${'ff'.repeat(30)}7f`],
  ['not canonical: p + 3, a good point', `f0${'ff'.repeat(30)}7f`],
  ['not canonical: the sign of x = 0', `01${'00'.repeat(30)}80`],
];

const root = join(import.meta.dirname, '../..');
const issuer = keyOf(9);
const good = keyOf(21).id;
const token = Token.issue({ issuer, audience: good, caps: Caps.of('client'), expiresAt: null });
const delegated = Token.issue({
  ...{ issuer, audience: keyOf(22).id, caps: Caps.of('client'), expiresAt: null },
  origin: { kind: 'delegation', root: good },
});
const secret = ApiSecret.create(issuer, { id: good, relayUrls: [], directAddrs: [] });
const sshLine = (key: Uint8Array) => {
  const part = (bytes: Uint8Array) => [Buffer.from([0, 0, 0, bytes.length]), bytes];
  const blob = Buffer.concat([...part(Buffer.from('ssh-ed25519')), ...part(key)]);
  return `ssh-ed25519 ${blob.toString('base64')} me`;
};
/** A good message in which one key stands for another; what was signed is signed anew by nobody. */
const swapped = (bytes: Uint8Array, from: string, to: string) => {
  const hex = toHex(bytes);
  expect(hex).toContain(from);
  return fromHex(hex.replace(from, to));
};
const secretText = (hex: string) => {
  const bytes = decodeBase32(secret.reveal().slice('services'.length)) ?? new Uint8Array();
  return `services${encodeBase32(swapped(bytes, good, hex))}`;
};

/** Where an id comes in: text or bytes of others → an id. */
const BORDERS: Record<string, (hex: string) => unknown> = {
  text: parseEndpointId,
  bytes: (hex) => endpointIdFromBytes(fromHex(hex)),
  "a token's issuer": (hex) => Token.decode(swapped(token.encode(), issuer.id, hex)),
  "a token's audience": (hex) => Token.decode(swapped(token.encode(), good, hex)),
  "a token's root": (hex) => Token.decode(swapped(delegated.encode(), good, hex)),
  'a token in a request': (hex) =>
    decodeServicesRequest(swapped(encodeServicesRequest({ type: 'auth', token }), good, hex)),
  "a report's endpoint": (hex) => decodeReport(swapped(encodeReport(sampleReport(good)), good, hex)),
  "a local report's endpoint": (hex) =>
    toWireReport({
      ...FULL_REPORT,
      endpoint: { endpointId: hex, directAddrs: [], homeRelay: null, paths: [] },
    }),
  "an API secret's platform": (hex) => ApiSecret.parse(secretText(hex)),
  'a line of a .pub file': (hex) => readOpensshPublicKey(sshLine(fromHex(hex))),
  'the setting `platform`': (hex) => resolveSettings({ platform: { id: hex, relays: [], addrs: [] } }, {}),
  'a peer of the transport': (hex) =>
    adoptConnection({
      alpn: () => Buffer.from('a/1'),
      remoteId: () => ({ toBytes: () => [...fromHex(hex)] }),
      closeReason: () => null,
      paths: () => [],
    } as unknown as NativeConnection),
};

describe.each(Object.entries(BORDERS))('an id that comes in as %s', (name, read) => {
  it.each(BAD_KEYS)('is none when its key is bad: %s %s', (_what, hex) => {
    expect(() => read(hex)).toThrow(/small order|canonical/);
  });

  it('is one when its key is good', () => {
    // A token with another key in it is refused for its signature, not for the key.
    if (name.startsWith('a token')) expect(() => read(keyOf(23).id)).toThrow("not its issuer's");
    else expect(() => read(keyOf(23).id)).not.toThrow();
  });
});

describe('an id', () => {
  it('is never made by a cast, and taken on trust only where its key was derived or kept by our store', () => {
    const using = (form: RegExp) =>
      ['lib', 'integrations', 'platform']
        .flatMap((folder) =>
          readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(
            (name) => `${folder}/${name}`,
          ),
        )
        .filter((name) => name.endsWith('.ts') && form.test(readFileSync(join(root, name), 'utf8')))
        .sort();
    expect(using(/as EndpointId\b/)).toEqual(['lib/wire/endpoint-id.ts']);
    expect(using(/\btrustedEndpointId\(/)).toEqual([
      'lib/wire/endpoint-id.ts',
      'lib/wire/secret-key.ts',
      'platform/changes/change.ts',
      'platform/identities/identity-table.ts',
      'platform/store/rows.ts',
    ]);
  });
});
