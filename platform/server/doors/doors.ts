import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Clock, type EndpointId, settledWithin } from 'iroh-net-diagnostics/services';
import {
  type Caller,
  type From,
  type NewSignIn,
  type NewUser,
  nameKeyOf,
  type People,
  type SignInWay,
  type User,
} from '../../people/index.js';
import { HttpError } from '../http-error.js';
import { bearerIn } from './access.js';
import { addressOf, isTls } from './origin.js';
import { SignInCookie } from './sign-in-cookie.js';
import { type Attempt, countedOf, SignInThrottle, type Turn } from './sign-in-throttle.js';

/** Who signs out does not wait longer for a provider that is away. Milliseconds. */
const LEAVE_MS = 2_000;

/** What doors stand on. */
export interface DoorsDeps {
  people: People;
  /** Names the cookie. The same in all processes of one platform. */
  platformId: EndpointId;
  /** Whether somebody has to sign in at all. */
  hasLogin: boolean;
  /** Lets programs in, as an administrator; `null`: no such token. */
  token: string | null;
  /** Lets the other commands on this machine in, as an administrator, for as long as this process runs. */
  localToken: string;
  /** Where browsers find the pages; `null`: where they come to. */
  publicUrl: string | null;
  clock: Clock;
}

/** A provider of OpenID Connect, as one of the ways in. */
export interface OidcWay {
  label: string;
  /** Where who came by it signs out there as well; `null`: nowhere. */
  signOutUrl(request: FastifyRequest): Promise<string | null>;
}

/** What the sign-in page offers. */
export interface Ways {
  /** Whether somebody has to sign in at all. */
  isNeeded: boolean;
  password: boolean;
  /** What the provider of OpenID Connect is called; `null`: there is none. */
  oidc: string | null;
  /** Whether the first account is still to be made, with the code that the platform printed. */
  setUp: boolean;
}

/** Finds out who asks, signs browsers in and out. */
export class Doors {
  readonly people: People;
  readonly hasLogin: boolean;
  /** The provider of OpenID Connect, where there is one. */
  oidc: OidcWay | null = null;
  readonly #token: string | null;
  readonly #localToken: string;
  readonly #publicUrl: string | null;
  readonly #cookie: SignInCookie;
  readonly #throttle: SignInThrottle;

  constructor({ people, platformId, hasLogin, token, localToken, publicUrl, clock }: DoorsDeps) {
    this.people = people;
    this.hasLogin = hasLogin;
    this.#token = token;
    this.#localToken = localToken;
    this.#publicUrl = publicUrl;
    this.#cookie = new SignInCookie(platformId);
    this.#throttle = new SignInThrottle(clock);
  }

  /** Who asks, as the database says now; `null`: nobody whom the platform knows. */
  async identify(request: FastifyRequest): Promise<Caller | null> {
    const { callers } = this.people;
    const address = addressOf(request);
    const bearer = bearerIn(request.headers);
    if (bearer !== null && isSame(bearer, this.#localToken))
      return callers.local('the command line', address);
    if (bearer !== null && this.#token !== null && isSame(bearer, this.#token))
      return callers.local('the token of the options', address);
    if (!this.hasLogin) return callers.anyone(address);
    // Who sends one means it: a cookie does not take its place.
    if (bearer !== null) return callers.ofToken(bearer, address);
    const values = this.#cookie.values(request.headers.cookie, this.isTls(request));
    const found = await Promise.all(values.map((value) => callers.ofSignIn(value, address)));
    const [caller = null, ...others] = found.filter((one) => one !== null);
    // Another host of the site has put its own beside ours, to have somebody work under another's name.
    return others.some(({ id }) => id !== caller?.id) ? null : caller;
  }

  async ways(): Promise<Ways> {
    const setUp = this.hasLogin && !(await this.people.users.hasAdministrator());
    return { isNeeded: this.hasLogin, password: true, oidc: this.oidc?.label ?? null, setUp };
  }

  /** @throws HttpError 401, 429; PeopleError `busy` */
  async signIn(
    request: FastifyRequest,
    reply: FastifyReply,
    { name, password }: { name: string; password: string },
  ): Promise<User> {
    const address = addressOf(request);
    const isKnownAddress = await this.people.signIns.knows(name, address);
    const turn = await this.#take({ nameKey: nameKeyOf(name), address, isKnownAddress });
    const signedIn = await this.people.signIns.withPassword(name, password, fromOf(request));
    if (signedIn === null) throw new HttpError(401, 'The name or the password is wrong.', CHALLENGE);
    turn.forgive();
    return this.#welcome(request, reply, signedIn);
  }

  /**
   * By a link that an administrator made.
   * @throws HttpError 401, 409, 429
   */
  async signInByCode(request: FastifyRequest, reply: FastifyReply, code: string): Promise<User> {
    const turn = taken(this.#throttle.takeOfAddress(addressOf(request)));
    // Such a link may be another's, sent to have somebody work under his name.
    const caller = await this.identify(request);
    if (caller?.kind === 'user')
      throw new HttpError(409, `You are signed in as ${caller.name}: sign out first.`);
    const signedIn = await this.people.signIns.withCode(code, fromOf(request));
    if (signedIn === null)
      throw new HttpError(401, 'This link is used up, too old, or none: ask for a new one.', CHALLENGE);
    turn.forgive();
    return this.#welcome(request, reply, signedIn);
  }

  /** For who has shown elsewhere who he is. @throws HttpError 403 when the account is disabled */
  async begin(
    request: FastifyRequest,
    reply: FastifyReply,
    userId: string,
    way: 'oidc' | 'code',
  ): Promise<User> {
    const signedIn = await this.people.signIns.begin(userId, way, fromOf(request));
    if (signedIn === null) throw new HttpError(403, 'This account is disabled.');
    return this.#welcome(request, reply, signedIn);
  }

  /** Makes the first account, and signs it in. @throws HttpError 401, 429; PeopleError */
  async setUp(request: FastifyRequest, reply: FastifyReply, code: string, user: NewUser): Promise<User> {
    const turn = taken(this.#throttle.takeOfAddress(addressOf(request)));
    const made = await this.people.codes.useSetUp(code.trim(), user, fromOf(request));
    if (made === null)
      throw new HttpError(
        401,
        'The set-up code is used up, too old, or none: start the platform again for a new one.',
        CHALLENGE,
      );
    turn.forgive();
    return this.begin(request, reply, made.id, 'code');
  }

  /**
   * Ends the sign-in that the request came with, and all its live streams.
   * @returns where the browser signs out at the provider as well, by which it came; `null`: it did not, or need not
   */
  async signOut(request: FastifyRequest, reply: FastifyReply): Promise<string | null> {
    const ways = await this.#end(request);
    reply.header('set-cookie', this.#cookie.clear());
    if (!ways.includes('oidc') || this.oidc === null) return null;
    let elsewhere: string | null = null;
    const asked = this.oidc.signOutUrl(request).then((url) => {
      elsewhere = url;
    });
    await settledWithin(LEAVE_MS, asked);
    return elsewhere;
  }

  /** Whether the browser came over TLS. */
  isTls(request: FastifyRequest): boolean {
    return isTls(request, this.#publicUrl);
  }

  /** The URL of the root as browsers see it, without a slash at its end. */
  originOf(request: FastifyRequest): string {
    return (
      this.#publicUrl?.replace(/\/$/, '') ?? `${this.isTls(request) ? 'https' : 'http'}://${request.host}`
    );
  }

  /** Takes a turn for something that the provider is asked for. @throws HttpError 429 */
  assertMayAskProvider(request: FastifyRequest): void {
    const wait = this.#throttle.takeOfProvider(addressOf(request));
    if (wait > 0) throw tooMany(wait);
  }

  /** The URL of a one-time code. It is behind the `#`, so that no server's log has it. */
  linkUrl(request: FastifyRequest, code: string): string {
    return `${this.originOf(request)}/link#${new URLSearchParams({ code })}`;
  }

  /**
   * Takes a turn for something that proves a password besides the sign-in. Each sign-in has its own: who has got hold of one
   * guesses no faster from many addresses, and keeps its owner from nothing elsewhere.
   * @throws HttpError 429
   */
  turnOf({ id, signInId }: Caller): Promise<Turn> {
    return this.#take({ signIn: signInId ?? id });
  }

  /**
   * Takes a turn: of this process first, which costs nothing, then of all processes.
   * @throws HttpError 429
   */
  async #take(attempt: Attempt): Promise<Turn> {
    const turn = taken(this.#throttle.take(attempt));
    const { signInTurns } = this.people;
    if (!signInTurns.areShared) return turn;
    const counted = countedOf(attempt);
    const wait = await signInTurns.take(counted);
    if (wait > 0) {
      turn.forgive();
      throw tooMany(wait);
    }
    return {
      forgive: () => {
        turn.forgive();
        // Nobody waits for it, and nobody fails for it.
        signInTurns.giveBack(counted).catch(() => {});
      },
    };
  }

  /** A browser has one sign-in at a time; its cookie is never one that somebody had before. */
  async #welcome(request: FastifyRequest, reply: FastifyReply, { value, user }: NewSignIn): Promise<User> {
    await this.#end(request);
    reply.header('set-cookie', this.#cookie.set(value, this.isTls(request)));
    return user;
  }

  /** @returns how those had come in whose sign-ins it ended */
  async #end(request: FastifyRequest): Promise<SignInWay[]> {
    const ways: SignInWay[] = [];
    for (const value of this.#cookie.values(request.headers.cookie, this.isTls(request))) {
      const caller = await this.people.callers.ofSignIn(value, addressOf(request));
      if (caller?.signInId == null) continue;
      const signIns = await this.people.signIns.list(caller.id);
      ways.push(...signIns.filter(({ id }) => id === caller.signInId).map(({ way }) => way));
      await this.people.signIns.end(caller, caller.id, caller.signInId);
    }
    return ways;
  }
}

/** Browsers ask nobody for a name and a password because of it. */
const CHALLENGE = { 'www-authenticate': 'Bearer' };

function fromOf(request: FastifyRequest): From {
  return { address: addressOf(request), agent: request.headers['user-agent'] ?? '' };
}

/** @throws HttpError 429 */
function taken(turn: Turn | number): Turn {
  if (typeof turn !== 'number') return turn;
  throw tooMany(turn);
}

function tooMany(waitMs: number): HttpError {
  const seconds = Math.ceil(waitMs / 1000);
  return new HttpError(
    429,
    `Too many attempts: try again in ${seconds === 1 ? 'a second' : `${seconds} seconds`}.`,
    {
      'retry-after': String(seconds),
    },
  );
}

/** In constant time. */
function isSame(given: string, token: string): boolean {
  return timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
