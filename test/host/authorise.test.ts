import { describe, expect, it } from 'vitest';
import { type AuthoriseContext, authorise, permitsReport } from '../../lib/host/authorise.js';
import { type Capability, Caps, SecretKey, Token, type TokenRequest } from '../../lib/wire/index.js';

const keyOf = (byte: number) => SecretKey.fromBytes(new Uint8Array(32).fill(byte));
const app = keyOf(1);
const platform = keyOf(2);
const stranger = keyOf(3);
const NOW = 1_800_000_000;

const context: AuthoriseContext = {
  endpointId: app.id,
  remoteId: platform.id,
  nowSeconds: NOW,
  revokedUntil: null,
};

const grant = (change: Partial<TokenRequest> = {}) =>
  Token.issue({
    issuer: app,
    audience: platform.id,
    caps: Caps.of('net-diagnostics:get-any'),
    expiresAt: NOW + 1000,
    ...change,
  });

describe('authorise', () => {
  it.each<[string, Partial<TokenRequest>, Partial<AuthoriseContext>, string]>([
    ['a grant of ours', {}, {}, 'ok'],
    ['one signed by the caller itself', { issuer: platform }, {}, 'foreign-issuer'],
    ['one signed by a third party', { issuer: stranger }, {}, 'foreign-issuer'],
    ['one for another audience', { audience: stranger.id }, {}, 'other-audience'],
    ['one for ourselves', { audience: app.id }, {}, 'other-audience'],
    ['a grant of ours, shown by a thief', {}, { remoteId: stranger.id }, 'other-audience'],
    ['a delegated one', { origin: { kind: 'delegation', root: stranger.id } }, {}, 'delegated'],
    ['one delegated from ourselves', { origin: { kind: 'delegation', root: app.id } }, {}, 'delegated'],
    ['one without an end', { expiresAt: null }, {}, 'never-expires'],
    ['one in its last second', { expiresAt: NOW }, {}, 'ok'],
    ['one a second too old', { expiresAt: NOW - 1 }, {}, 'expired'],
    ['one from 1970', { expiresAt: 0 }, {}, 'expired'],
    ['one that expires before the mark', {}, { revokedUntil: NOW + 1001 }, 'revoked'],
    ['one that expires at the mark', {}, { revokedUntil: NOW + 1000 }, 'revoked'],
    ['one that expires after the mark', {}, { revokedUntil: NOW + 999 }, 'ok'],
    ['any, when the clock is broken', {}, { nowSeconds: Number.NaN }, 'expired'],
  ])('%s', (_, change, situation, wanted) => {
    const decision = authorise(grant(change), { ...context, ...situation });
    expect(decision.ok ? 'ok' : decision.why).toBe(wanted);
  });

  it('lets no capability make up for another fault', () => {
    const decision = authorise(grant({ caps: Caps.of('all'), issuer: stranger }), context);
    expect(decision).toEqual({ ok: false, why: 'foreign-issuer' });
  });
});

describe('permitsReport', () => {
  it.each<[Capability[], boolean]>([
    [['net-diagnostics:get-any'], true],
    [['client'], true],
    [['all'], true],
    [['metrics:put-any', 'net-diagnostics:get-any'], true],
    [['net-diagnostics:put-any'], false],
    [['relay:use', 'metrics:put-any'], false],
    [[], false],
  ])('%j: %s', (caps, wanted) => {
    expect(permitsReport(grant({ caps: Caps.of(...caps) }))).toBe(wanted);
  });
});
