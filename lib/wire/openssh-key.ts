/** Ed25519 keys in OpenSSH's format (PROTOCOL.key in its sources), to the extent that the official client reads them. */
import { NetDiagnosticsError } from '../errors.js';
import { type EndpointId, endpointIdFromBytes, KEY_SIZE } from './endpoint-id.js';
import { SecretKey } from './secret-key.js';

const MAGIC = Buffer.from('openssh-key-v1\0');
const PEM = /-----BEGIN OPENSSH PRIVATE KEY-----([\sA-Za-z0-9+/=]*)-----END OPENSSH PRIVATE KEY-----/;
const KIND = 'ssh-ed25519';

/**
 * The key in an OpenSSH private key file.
 * @throws NetDiagnosticsError `ERR_SETTING`, whose message completes "the file …" and contains nothing of the key
 */
export function readOpensshKey(pem: string): SecretKey {
  const body = PEM.exec(pem)?.[1];
  if (body === undefined)
    throw unreadable('holds no OpenSSH private key (`ssh-keygen -t ed25519` makes one)');
  const outer = new SshReader(Buffer.from(body, 'base64'));
  if (!outer.raw(MAGIC.length).equals(MAGIC)) throw unreadable('holds no key of OpenSSH’s own format');
  const [cipher, kdf] = [outer.text(), outer.text()];
  if (cipher !== 'none' || kdf !== 'none') {
    throw unreadable('is encrypted: use a key without a passphrase, on machines you operate');
  }
  outer.string();
  if (outer.u32() !== 1) throw unreadable('holds more than one key');
  outer.string();
  const inner = new SshReader(outer.string());
  const [check, again] = [inner.u32(), inner.u32()];
  if (check !== again) throw unreadable('is damaged');
  if (inner.text() !== KIND) throw unreadable('holds a key of another kind: only ed25519 keys are taken');
  const publicKey = inner.string();
  const secret = inner.string();
  if (secret.length !== 2 * KEY_SIZE) throw unreadable('is damaged');
  const key = SecretKey.fromBytes(secret.subarray(0, KEY_SIZE));
  if (publicKey.toString('hex') !== key.id)
    throw unreadable('is damaged: its public half belongs to another key');
  return key;
}

/**
 * The key in a line of a `.pub` file, as an API secret's `keyId`.
 * @throws NetDiagnosticsError `ERR_SETTING`
 */
export function readOpensshPublicKey(line: string): EndpointId {
  const [kind, body = ''] = line.trim().split(/\s+/);
  if (kind !== KIND) throw unreadable(`is no line that begins with "${KIND}"`);
  const reader = new SshReader(Buffer.from(body, 'base64'));
  if (reader.text() !== KIND) throw unreadable('is damaged');
  return endpointIdFromBytes(new Uint8Array(reader.string()), (fault) => {
    throw unreadable(`holds no valid key: ${fault}`);
  });
}

function unreadable(what: string): NetDiagnosticsError {
  return new NetDiagnosticsError('ERR_SETTING', what);
}

/** Reads the encoding of that format: lengths have four bytes, big endian. */
class SshReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  raw(size: number): Buffer {
    if (size > this.#bytes.length - this.#offset) throw unreadable('is cut off');
    this.#offset += size;
    return this.#bytes.subarray(this.#offset - size, this.#offset);
  }

  u32(): number {
    return this.raw(4).readUInt32BE();
  }

  string(): Buffer {
    return this.raw(this.u32());
  }

  text(): string {
    return this.string().toString('latin1');
  }
}
