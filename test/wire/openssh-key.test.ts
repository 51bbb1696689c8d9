import { describe, expect, it } from 'vitest';
import { NetDiagnosticsError } from '../../lib/errors.js';
import { readOpensshKey, readOpensshPublicKey } from '../../lib/wire/index.js';
import { ENCRYPTED_SSH_KEY, FOREIGN_SSH_KEY, SSH_KEY, SSH_PUBLIC_KEY } from '../support/ssh-keys.js';

/** From the crate's own tests, with the public half that `ssh-keygen -y` gave. */
const OFFICIAL = `-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
QyNTUxOQAAACAWYfB1wGmNdl6aNtsu+TM85xnUGiRWby1yGDF8m/q+SQAAAIgA3R/pAN0f
6QAAAAtzc2gtZWQyNTUxOQAAACAWYfB1wGmNdl6aNtsu+TM85xnUGiRWby1yGDF8m/q+SQ
AAAECl0xpQZcR3+0yDAZzrUcbH14q5kLjm89hZctff1tT1vhZh8HXAaY12Xpo22y75Mzzn
GdQaJFZvLXIYMXyb+r5JAAAABHRlc3QB
-----END OPENSSH PRIVATE KEY-----`;

describe('an OpenSSH key', () => {
  it('is read as the official client reads it', () => {
    expect(readOpensshKey(OFFICIAL).id).toBe(
      '1661f075c0698d765e9a36db2ef9333ce719d41a24566f2d7218317c9bfabe49',
    );
    expect(readOpensshKey(`# mine\n${SSH_KEY}\n`).id).toBe(readOpensshPublicKey(SSH_PUBLIC_KEY));
  });

  it.each([
    ['encrypted', ENCRYPTED_SSH_KEY, /is encrypted: use a key without a passphrase/],
    ['of another kind', FOREIGN_SSH_KEY, /only ed25519 keys/],
    ['no key at all', SSH_PUBLIC_KEY, /holds no OpenSSH private key/],
    ['cut off', SSH_KEY.replace(/\n[^\n]+\n-----END/, '\n-----END'), /cut off|damaged/],
    ['no OpenSSH key inside', SSH_KEY.replace('b3BlbnNzaC1r', 'AAAABBBBCCCC'), /own format/],
  ])('that is %s is one clear error without anything of it', (_, pem, words) => {
    const attempt = () => readOpensshKey(pem);
    expect(attempt).toThrow(words);
    expect(attempt).toThrow(expect.objectContaining({ code: 'ERR_SETTING' }));
  });

  it('throws nothing but our own errors, wherever a byte is changed', () => {
    const body = SSH_KEY.replace(/-----.*-----/g, '').replace(/\s/g, '');
    const bytes = Buffer.from(body, 'base64');
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 0xff;
      const pem = `-----BEGIN OPENSSH PRIVATE KEY-----\n${changed.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----`;
      try {
        readOpensshKey(pem);
      } catch (error) {
        expect(error, `byte ${index}`).toBeInstanceOf(NetDiagnosticsError);
      }
    }
  });

  it('has a public half on one line', () => {
    expect(() => readOpensshPublicKey('ssh-rsa AAAA me')).toThrow('ssh-ed25519');
    expect(() => readOpensshPublicKey('ssh-ed25519 AAAA me')).toThrow('cut off');
    expect(() => readOpensshPublicKey('')).toThrow('ssh-ed25519');
  });
});
