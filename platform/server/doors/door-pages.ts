import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PeopleError } from '../../people/index.js';
import { html } from '../html.js';
import { HttpError } from '../http-error.js';
import { linkPage, setUpPage, signInPage } from '../pages.js';
import { peopleRefusal } from '../people-refusal.js';
import type { Doors } from './doors.js';
import { relativePath, returnPath } from './return-path.js';

/** The pages by which browsers come in and go out. Their forms work without scripts. */
export function addDoorPages(app: FastifyInstance, doors: Doors): void {
  const config = { needs: 'anybody' } as const;

  app.get('/sign-in', { config }, async (request, reply) => {
    const to = returnPath(new URL(request.url, 'http://here.invalid').searchParams.get('to'));
    if ((await doors.identify(request)) !== null) return seeOther(request, reply, to);
    return html(reply, signInPage({ to, oidc: doors.oidc?.label ?? '', refusal: '' }));
  });
  app.post('/sign-in', { config }, async (request, reply) => {
    const form = formOf(request);
    const to = returnPath(form.get('to'));
    const credentials = { name: form.get('name') ?? '', password: form.get('password') ?? '' };
    return answer(
      request,
      reply,
      async () => {
        await doors.signIn(request, reply, credentials);
        return to;
      },
      (refusal) => signInPage({ to, oidc: doors.oidc?.label ?? '', refusal, name: credentials.name }),
    );
  });

  app.get('/setup', { config }, async (request, reply) => {
    const { setUp } = await doors.ways();
    return setUp ? html(reply, setUpPage({ refusal: '' })) : seeOther(request, reply, '/sign-in');
  });
  app.post('/setup', { config }, async (request, reply) => {
    const form = formOf(request);
    const user = { name: form.get('name') ?? '', password: form.get('password') ?? '' };
    const code = form.get('code') ?? '';
    return answer(
      request,
      reply,
      async () => {
        await doors.setUp(request, reply, code, user);
        return '/';
      },
      (refusal) => setUpPage({ refusal, code, name: user.name }),
    );
  });

  app.get('/link', { config }, (_request, reply) => html(reply, linkPage({ refusal: '' })));
  app.post('/link', { config }, async (request, reply) =>
    answer(
      request,
      reply,
      async () => {
        await doors.signInByCode(request, reply, formOf(request).get('code') ?? '');
        return '/account';
      },
      (refusal) => linkPage({ refusal }),
    ),
  );

  app.post('/sign-out', { config }, async (request, reply) => {
    const elsewhere = await doors.signOut(request, reply);
    if (elsewhere === null) return seeOther(request, reply, '/sign-in');
    // A browser follows no redirect of a form to another site (`form-action`), but it does follow a page.
    return html(
      reply.header('refresh', `0; url=${elsewhere}`),
      signInPage({ oidc: doors.oidc?.label ?? '' }),
    );
  });
}

/** Leads on, or shows the page again with what was wrong. */
async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  work: () => Promise<string>,
  page: (refusal: string) => string,
): Promise<FastifyReply> {
  try {
    return seeOther(request, reply, await work());
  } catch (error) {
    const refusal = error instanceof PeopleError ? peopleRefusal(error) : error;
    if (!(refusal instanceof HttpError)) throw error;
    const { statusCode, message, headers } = refusal;
    return html(reply.code(statusCode).headers(headers), page(message));
  }
}

/** What a form sent. Of another kind of body nothing is read. */
function formOf({ body }: FastifyRequest): URLSearchParams {
  return new URLSearchParams(typeof body === 'string' ? body : '');
}

function seeOther(request: FastifyRequest, reply: FastifyReply, to: string): FastifyReply {
  return reply.code(303).header('location', relativePath(to, request.url)).send('');
}
