import { describe, expect, it } from 'vitest';
import { nameServers } from '../../lib/probes/names/name-servers.js';

const { signal } = new AbortController();

describe('name servers', () => {
  it.each([
    ['none', []],
    ['local', ['127.0.0.1']],
    ['local', ['127.0.0.53:5353']],
    ['none', ['nonsense', '']],
    // A family that this machine cannot use, or an address that nobody can write to.
    ['none', ['[fe80::1%nosuchlink]:53']],
  ] as const)('are %s: %j', async (expected, servers) => {
    expect(await nameServers(signal, servers)).toBe(expected);
  });
});
