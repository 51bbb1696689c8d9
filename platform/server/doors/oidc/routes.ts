import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock, EndpointId } from 'iroh-net-diagnostics/services';
import { type Actor, type OidcRefusal, PeopleError } from '../../../people/index.js';
import { html } from '../../html.js';
import { HttpError } from '../../http-error.js';
import { signInPage } from '../../pages.js';
import { peopleRefusal } from '../../people-refusal.js';
import type { Doors } from '../doors.js';
import { addressOf } from '../origin.js';
import { relativePath, returnPath } from '../return-path.js';
import { AttemptCookie } from './attempt-cookie.js';
import type { OidcIdentity } from './claims.js';
import { personOf } from './entitlements.js';
import { OidcFailure } from './failure.js';
import type { OidcProvider } from './provider.js';

const BEGIN = '/sign-in/oidc';
const CALLBACK = '/sign-in/oidc/callback';
/** What a sign-in page says goes to the log as well, at most so often for each reason. Milliseconds. */
const TELL_MS = 60_000;

/** Why somebody whom the provider has proven does not come in. */
const REFUSALS: Readonly<Record<OidcRefusal, (name: string) => string>> = {
  'no-role': (name) =>
    `You are signed in there as ${name}, but have no role here. Ask an administrator of this platform to invite you.`,
  disabled: () => 'This account is disabled.',
  full: () => 'There are as many accounts as this platform can have.',
  'of-administrator': () =>
    "Your address is that of an administrator's account, and an address alone does not open one: sign in with your password or a link, or be named as an administrator in the settings (oidc-administrator).",
};

/** What the routes use. */
export interface OidcRoutesDeps {
  doors: Doors;
  provider: OidcProvider;
  /** Names the cookie. */
  platformId: EndpointId;
  clock: Clock;
  /** Gets what the operator should know. */
  onWarning(message: string): void;
}

/** Adds the way to the provider and the way back. */
export function addOidc(app: FastifyInstance, deps: OidcRoutesDeps): void {
  const { doors, provider } = deps;
  const { settings } = provider;
  const { people } = doors;
  const cookie = new AttemptCookie(deps.platformId);
  const tell = seldom(deps);
  const by = (request: FastifyRequest): Actor => ({
    ...{ kind: 'oidc', id: settings.issuer, name: settings.label, address: addressOf(request) },
  });
  const config = { needs: 'anybody' } as const;

  doors.oidc = {
    label: settings.label,
    signOutUrl: (request) => provider.signOutUrl(`${doors.originOf(request)}/sign-in`),
  };

  app.get(BEGIN, { config }, (request, reply) => {
    const to = returnPath(queryOf(request).get('to'));
    return answer(request, reply, to, async () => {
      doors.assertMayAskProvider(request);
      const isTls = doors.isTls(request);
      const { url, proof } = await provider.begin(doors.originOf(request) + CALLBACK);
      const browser = cookie.valueFor(request.headers.cookie, isTls);
      await people.oidcAttempts.begin({ ...proof, browser, returnTo: to });
      reply.header('set-cookie', cookie.set(browser, isTls));
      return reply.code(303).header('location', url).send('');
    });
  });

  app.get(CALLBACK, { config }, (request, reply) =>
    answer(request, reply, '/', async () => {
      doors.assertMayAskProvider(request);
      const query = queryOf(request);
      const attempt = await take(request, query.get('state') ?? '');
      if (attempt === null) {
        // Somebody goes back in his browser's history.
        if ((await doors.identify(request))?.kind === 'user') return seeOther(request, reply, '/');
        throw new OidcFailure('over', 'nothing like it is under way in this browser');
      }
      const callback = new URL(doors.originOf(request) + CALLBACK);
      callback.search = query.toString();
      const identity = await provider.finish(callback, attempt).catch((error: unknown) => {
        throw noted(error, request);
      });
      await arrive(request, reply, identity);
      return seeOther(request, reply, returnPath(attempt.returnTo));
    }),
  );

  async function take(request: FastifyRequest, state: string) {
    for (const browser of cookie.values(request.headers.cookie, doors.isTls(request))) {
      const attempt = await people.oidcAttempts.take(state, browser);
      if (attempt !== null) return { ...attempt, state };
    }
    return null;
  }

  async function arrive(request: FastifyRequest, reply: FastifyReply, identity: OidcIdentity): Promise<void> {
    const user = await people.oidcUsers.arrive(by(request), personOf(identity, settings));
    if (typeof user === 'object') {
      await doors.begin(request, reply, user.id, 'oidc');
      return;
    }
    const [name = identity.subject] = identity.names;
    await people.audit.refusedSignIn(by(request), identity.subject, { why: user, name });
    throw new HttpError(403, REFUSALS[user](name));
  }

  /** Writes down that the provider, or what it said, kept somebody out. */
  function noted(error: unknown, request: FastifyRequest): unknown {
    if (error instanceof OidcFailure)
      people.audit.refusedSignIn(by(request), null, { why: error.reason }).catch(() => {});
    return error;
  }

  /** Leads on, or shows the sign-in page with what was wrong. */
  async function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    to: string,
    work: () => Promise<FastifyReply>,
  ): Promise<FastifyReply> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof OidcFailure && error.reason !== 'over') tell(error);
      const refusal = refusalOf(error);
      if (refusal === null) throw error;
      const { statusCode, message, headers } = refusal;
      const depth = (request.url.split('?')[0] ?? '').split('/').length - 2;
      const page = signInPage({ to, oidc: settings.label, refusal: message, depth });
      return html(reply.code(statusCode).headers(headers), page);
    }
  }
}

function refusalOf(error: unknown): HttpError | null {
  if (error instanceof OidcFailure) return new HttpError(error.status, error.message);
  if (error instanceof PeopleError) return peopleRefusal(error);
  return error instanceof HttpError ? error : null;
}

function queryOf({ url }: FastifyRequest): URLSearchParams {
  return new URL(url, 'http://here.invalid').searchParams;
}

function seeOther(request: FastifyRequest, reply: FastifyReply, to: string): FastifyReply {
  return reply.code(303).header('location', relativePath(to, request.url)).send('');
}

/** Strangers can have the same thing go wrong as often as they like. */
function seldom({ clock, onWarning }: Pick<OidcRoutesDeps, 'clock' | 'onWarning'>) {
  const told = new Map<string, number>();
  return ({ reason, detail }: OidcFailure) => {
    const now = clock.now();
    if (Math.abs(now - (told.get(reason) ?? Number.NEGATIVE_INFINITY)) < TELL_MS) return;
    told.set(reason, now);
    onWarning(`A sign-in by OpenID Connect came to nothing (${reason}): ${detail}.`);
  };
}
