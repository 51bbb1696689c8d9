import { describe, expect, it } from 'vitest';
import { backoffDelay, jittered, retryDelay } from '../../lib/client/backoff.js';
import { endingOf, failureOf, RENEWAL } from '../../lib/client/ending.js';
import { renewalTime } from '../../lib/client/grant-schedule.js';
import { RemoteError } from '../../lib/client/index.js';
import { DEFAULT_CLIENT_LIMITS } from '../../lib/client/limits.js';
import { NetDiagnosticsError } from '../../lib/errors.js';
import { type CloseReason, ConnectionClosedError } from '../../lib/transport/index.js';
import { Caps, type RemoteFailure, TOKEN_LIFETIME_SECONDS } from '../../lib/wire/index.js';

describe('backoffDelay', () => {
  it.each([
    [0, 500],
    [1, 1000],
    [2, 2000],
    [6, 32_000],
    [7, 60_000],
    [8, 60_000],
    [1000, 60_000],
    [Number.MAX_SAFE_INTEGER, 60_000],
  ])('doubles and clamps: attempt %i, %i ms before the jitter', (attempt, wanted) => {
    expect(backoffDelay(attempt, 0.5)).toBe(wanted);
  });

  it('jitters after the clamp, so that the longest delays differ too', () => {
    expect([0, 0.25, 0.5, 0.999].map((random) => backoffDelay(20, random))).toEqual([
      30_000, 45_000, 60_000, 89_940,
    ]);
  });
});

describe('jittered', () => {
  it.each([
    [0, 450_000],
    [0.5, 900_000],
    [0.9999999, 1_350_000],
  ])('spreads the slow retry of 15 minutes: %f, %i ms', (random, wanted) => {
    expect(jittered(15 * 60_000, random)).toBe(wanted);
  });
});

describe('retryDelay', () => {
  const slow = DEFAULT_CLIENT_LIMITS.slowRetryMs;
  it.each<[RemoteFailure, number, number]>([
    [{ kind: 'internal-server-error' }, 0, 500],
    [{ kind: 'internal-server-error' }, 20, 60_000],
    [{ kind: 'auth-error', message: 'no' }, 0, slow],
    [{ kind: 'missing-capability', caps: Caps.of('client') }, 5, slow],
    [{ kind: 'unknown', variant: 4 }, 0, slow],
  ])('%o, attempt %i: %i ms', (failure, attempt, wanted) => {
    expect(retryDelay(failure, attempt, 0.5)).toBe(wanted);
  });
});

describe('renewalTime', () => {
  const NOW = 1_800_000_000;
  it.each([
    ['half of the usual life', TOKEN_LIFETIME_SECONDS, TOKEN_LIFETIME_SECONDS / 2],
    ['half of a short life', 100, 50],
    ['a life that a mark has stretched', TOKEN_LIFETIME_SECONDS * 100, TOKEN_LIFETIME_SECONDS / 2],
  ])('%s', (_, life, wanted) => {
    expect(renewalTime(NOW, NOW + life)).toBe((NOW + wanted) * 1000);
  });
});

describe('the ending of a connection', () => {
  const peer = (code: number, reason = ''): CloseReason => ({ by: 'peer', code, reason });
  it.each<[string, CloseReason, string | null, string]>([
    ['closed by the platform with 401', peer(401, 'Unauthorized'), null, 'unauthorized'],
    ['closed by the platform normally', peer(0), null, 'trouble'],
    ['closed by the platform with 400', peer(400), null, 'trouble'],
    ['closed here with code 401', { by: 'local', code: 401, reason: '' }, null, 'trouble'],
    ['timed out', { by: 'timeout', code: null, reason: '' }, null, 'trouble'],
    ['closed here for a fresh token', { by: 'local', code: 0, reason: '' }, RENEWAL, 'renewal'],
    ['closed here, the platform hangs', { by: 'local', code: 0, reason: '' }, 'hangs', 'trouble'],
  ])('%s', (_, reason, closedBecause, wanted) => {
    expect(endingOf(reason, closedBecause, 7)).toMatchObject({ kind: wanted, onlineMs: 7 });
  });

  it.each<[string, unknown, string]>([
    ['401 instead of an answer', new ConnectionClosedError(peer(401)), 'unauthorized'],
    ['another end', new ConnectionClosedError(peer(500)), 'trouble'],
    ['a closed endpoint', new NetDiagnosticsError('ERR_ENDPOINT_CLOSED', 'closed'), 'endpoint-closed'],
    ['nobody there', new NetDiagnosticsError('ERR_TIMEOUT', 'nothing'), 'trouble'],
    ['something thrown', 'text', 'trouble'],
  ])('an attempt that failed: %s', (_, error, wanted) => {
    expect(failureOf(error).kind).toBe(wanted);
  });

  it("keeps a stranger's text from forging lines of a log", () => {
    const { why } = failureOf(
      new ConnectionClosedError(peer(1, `a\n2026-01-01 all is well\u2028\u202e${'x'.repeat(500)}`)),
    );
    expect(why).not.toMatch(/[\n\u2028\u202e]/);
    expect(why.length).toBeLessThan(250);
  });
});

describe('RemoteError', () => {
  it.each<[RemoteFailure, RegExp]>([
    [{ kind: 'missing-capability', caps: Caps.of('metrics:put-any') }, /metrics:put-any/],
    [{ kind: 'auth-error', message: 'token expired\r\nroot' }, /token expired\ufffdroot$/],
    [{ kind: 'internal-server-error' }, /internal error/],
    [{ kind: 'unknown', variant: 4 }, /error 4/],
  ])('says what happened: %o', (failure, wanted) => {
    const error = new RemoteError(failure);
    expect(error).toMatchObject({ code: 'ERR_REMOTE', failure, message: expect.stringMatching(wanted) });
  });
});
