import { describe, expect, it } from 'vitest';
import { SignInCookie } from '../../../platform/server/doors/sign-in-cookie.js';
import { madeUpId } from '../../support/ids.js';

const cookie = new SignInCookie(madeUpId('0123456789abcdef'));
const [ours, theirs] = ['o'.repeat(43), 't'.repeat(43)];
const [plain, bound] = ['net_diagnostics_01234567', '__Host-net_diagnostics_01234567'];

describe("the sign-in's cookie", () => {
  it('is one that scripts cannot read, and over TLS one of this host and TLS alone', () => {
    expect(cookie.set(ours, false)).toEqual([`${plain}=${ours}; Path=/; HttpOnly; SameSite=Lax`]);
    expect(cookie.set(ours, true)).toEqual([
      `${bound}=${ours}; Path=/; HttpOnly; SameSite=Lax; Secure`,
      `${plain}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`,
    ]);
    expect(cookie.clear()).toEqual([
      `${bound}=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0`,
      `${plain}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`,
    ]);
  });

  it('is read with all of its name, since another host of the site can put some before ours', () => {
    expect(cookie.values(`a=b; ${plain}=${theirs};${plain}=${ours}`, false)).toEqual([theirs, ours]);
    expect(cookie.values(`${plain}=; ${plain}=short; ${plain}=${ours}`, false)).toEqual([ours]);
    expect(cookie.values(Array(100).fill(`${plain}=${ours}`).join(';'), false)).toHaveLength(4);
  });

  it('counts with the prefix alone where one has it, and where TLS is certain', () => {
    expect(cookie.values(`${plain}=${theirs}; ${bound}=${ours}`, false)).toEqual([ours]);
    expect(cookie.values(`${plain}=${theirs}`, true)).toEqual([]);
    expect(cookie.values(undefined, true)).toEqual([]);
  });

  it('of another platform on the same host is another', () => {
    expect(new SignInCookie(madeUpId('f'.repeat(64))).values(`${plain}=${ours}`, false)).toEqual([]);
  });
});
