import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type AnyNetDiagnosticsError,
  isNetDiagnosticsError,
  NetDiagnosticsError,
  RemoteError,
} from '../lib/index.js';
import { DialBackError } from '../lib/services/index.js';
import { SettingError } from '../lib/settings/index.js';
import { ConnectionClosedError, StreamError } from '../lib/transport/index.js';
import { WireError } from '../lib/wire/wire-error.js';

/** Compiles while every code has its case, and each case its fields. */
function more(error: AnyNetDiagnosticsError): unknown {
  switch (error.code) {
    case 'ERR_SETTING':
      return 'option' in error ? error.option : null;
    case 'ERR_CONNECTION_CLOSED':
      return error.closeReason.code;
    case 'ERR_STREAM':
      return error.streamCode;
    case 'ERR_REMOTE':
      return 'failure' in error ? error.failure.kind : error.kind;
    case 'ERR_CONNECT':
    case 'ERR_TIMEOUT':
    case 'ERR_ABORTED':
    case 'ERR_STORE':
    case 'ERR_WIRE_DECODE':
      return 'kind' in error ? error.kind : null;
    case 'ERR_API_SECRET':
    case 'ERR_WIRE_ENCODE':
    case 'ERR_TOKEN_INVALID':
    case 'ERR_BINDING_UNAVAILABLE':
    case 'ERR_BIND':
    case 'ERR_ENDPOINT_CLOSED':
    case 'ERR_MESSAGE_TOO_LARGE':
    case 'ERR_ALPN':
    case 'ERR_STATE':
      return null;
    default: {
      const forgotten: never = error;
      return forgotten;
    }
  }
}

const origin = { option: 'deadline', variable: null, from: 'option' as const };

describe('the errors of the package', () => {
  it.each([
    [new SettingError(origin, 'was wrong'), 'deadline'],
    [new ConnectionClosedError({ by: 'peer', code: 401, reason: '' }), 401],
    [new StreamError('gone', 7), 7],
    [new RemoteError({ kind: 'rate-limited' }), 'rate-limited'],
    [new DialBackError('vetoed', 'no'), 'vetoed'],
    [new DialBackError('timed-out', 'late'), 'timed-out'],
    [new WireError('field', 0, 'is none'), null],
  ])('are told apart by their code: %s', (thrown: unknown, wanted) => {
    expect(isNetDiagnosticsError(thrown) && more(thrown)).toBe(wanted);
  });

  it('are known when another copy of the package threw them, and nobody else’s are', async () => {
    const query = '?another-copy';
    const copy = await import(/* @vite-ignore */ `../lib/errors.js${query}`);
    const foreign = new copy.NetDiagnosticsError('ERR_STATE', 'stopped');
    expect(foreign).not.toBeInstanceOf(NetDiagnosticsError);
    expect(isNetDiagnosticsError(foreign)).toBe(true);
    const lookalike = Object.assign(new Error('late'), { code: 'ERR_TIMEOUT' });
    for (const other of [lookalike, null, 'ERR_STATE', { code: 'ERR_STATE' }])
      expect(isNetDiagnosticsError(other)).toBe(false);
  });

  // What the types promise of these three: nobody makes one without what it tells.
  it('of the codes with a class of their own are made by that class alone', () => {
    const lib = join(import.meta.dirname, '..', 'lib');
    const sources = readdirSync(lib, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(lib, file), 'utf8'));
    const made = sources.flatMap((code) => [...code.matchAll(/new NetDiagnosticsError\(\s*'(\w+)'/g)]);
    expect(made.length).toBeGreaterThan(50);
    const codes = made.map(([, code]) => code);
    for (const code of ['ERR_CONNECTION_CLOSED', 'ERR_STREAM', 'ERR_REMOTE'])
      expect(codes).not.toContain(code);
  });
});
