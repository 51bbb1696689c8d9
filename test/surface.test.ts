import { describe, expect, it } from 'vitest';
import * as core from '../lib/core.js';
import * as everyday from '../lib/index.js';

/** Named by both: what is thrown, and the protocol that an accept loop of one's own has to know. */
const SHARED = [
  'CLIENT_HOST_ALPN',
  'ConnectionClosedError',
  'NetDiagnosticsError',
  'SettingError',
  'StreamError',
  'hasCode',
];

// A name more or less is a change for users: it has to be meant, and to stand in the CHANGELOG.
describe('what users import', () => {
  it('from iroh-net-diagnostics are everyday names', () => {
    expect(Object.keys(everyday).sort()).toEqual(
      [
        ...SHARED,
        'NetDiagnostics',
        'PEER_ALPN',
        'PeerHost',
        'RemoteError',
        'diagnose',
        'isGoodPeer',
        'isNetDiagnosticsError',
        'redactReport',
        'renderText',
      ].sort(),
    );
  });

  it('from iroh-net-diagnostics/core are building blocks', () => {
    const blocks = [
      ...['API_SECRET_ENV_VAR_NAME', 'ApiSecret', 'Caps', 'SecretKey'],
      ...['ClientHost', 'FileRevocationStore', 'MemoryRevocationStore', 'Revocation'],
      ...['Router', 'adoptConnection', 'adoptEndpoint', 'parseEndpointId', 'resolveSettings', 'toWireReport'],
    ];
    expect(Object.keys(core).sort()).toEqual([...SHARED, ...blocks].sort());
  });

  it('is the same thing by either name', () => {
    const named = (all: object) => Object.entries(all).filter(([name]) => SHARED.includes(name));
    expect(named(core)).toEqual(named(everyday));
    for (const [index, [name, value]] of named(core).entries())
      expect(value, name).toBe(named(everyday)[index]?.[1]);
  });
});
