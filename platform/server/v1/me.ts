import { type Static, Type } from 'typebox';
import type { Caller, Project, SignIn } from '../../people/index.js';
import { callerOf } from '../doors/index.js';
import { HttpError } from '../http-error.js';
import { GivenPassword, Nothing, PermissionWord, RoleWord } from './people-schemas.js';
import { nullable, page, SHOULD, time, whole, words } from './schemas.js';
import type { Api, ApiContext } from './types.js';

const Me = Type.Object(
  {
    kind: words(['user', 'token', 'local', 'anyone'], {
      description:
        '`local`: the token of the options, or a command on this machine; `anyone`: nobody has to sign in.',
    }),
    id: Type.String(),
    name: Type.String(),
    isAdministrator: Type.Boolean({ description: 'May everything.' }),
    permissions: Type.Array(PermissionWord, { description: 'Of the whole platform.' }),
    projects: Type.Array(
      Type.Object({
        id: Type.String(),
        name: Type.String(),
        role: nullable(RoleWord),
        permissions: Type.Array(PermissionWord),
      }),
      { description: 'Those that he sees something of.' },
    ),
  },
  { title: 'Me', description: 'Who asks, and what he may.' },
);

const SignInSchema = Type.Object(
  {
    id: Type.String(),
    way: words(['password', 'code', 'oidc']),
    agent: Type.String({ description: 'What the browser says it is.' }),
    address: nullable(Type.String()),
    createdAt: time(),
    seenAt: time('To the minute.'),
    expiresAt: time('When it ends at the latest.'),
    isCurrent: Type.Boolean({ description: 'The one of this request.' }),
  },
  { title: 'SignIn', description: 'A browser that is signed in.' },
);

/** Who asks. */
export type MeJson = Static<typeof Me>;
/** A browser that is signed in. */
export type SignInJson = Static<typeof SignInSchema>;

const OfSignIn = Type.Object({
  signIn: Type.String({
    pattern: '^[0-9a-f]{16}$',
    [SHOULD]: 'the id of a sign-in',
    description: 'The id of the sign-in.',
  }),
});

/** Adds what is about whoever asks. */
export function addMe(api: Api, { doors }: ApiContext): void {
  const { projects, signIns, passwordChanges } = doors.people;

  api.get(
    '/me',
    {
      config: { needs: 'signed-in' },
      schema: {
        operationId: 'getMe',
        summary: 'Who asks, and what he may',
        tags: ['me'],
        response: { 200: Me },
      },
    },
    async (request) => {
      const caller = callerOf(request);
      const { kind, id, name, isAdministrator } = caller;
      const seen = (await projects.list()).filter((project) => sees(caller, project));
      return {
        ...{ kind, id, name, isAdministrator, permissions: [...caller.permissionsIn(null)] },
        projects: seen.map((project) => ({
          ...{ id: project.id, name: project.name, role: caller.roleIn(project.id) },
          permissions: [...caller.permissionsIn(project.id)],
        })),
      };
    },
  );

  api.put(
    '/me/password',
    {
      config: { needs: 'signed-in' },
      schema: {
        operationId: 'changePassword',
        summary: 'Change your own password',
        description:
          'Wherever else you are signed in, that ends. Who came by a one-time link need not know the one until now, for 15 minutes.',
        tags: ['me'],
        body: Type.Object(
          { current: Type.Optional(nullable(Type.String({ maxLength: 800 }))), next: GivenPassword },
          { additionalProperties: false },
        ),
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const caller = userOf(callerOf(request));
      const turn = await doors.turnOf(caller);
      const { current = null, next } = request.body;
      if (!(await passwordChanges.change(caller, current, next))) {
        const detail = 'This is not your password.';
        throw new HttpError(400, detail, {}, { errors: [{ in: 'body', name: 'current', detail }] });
      }
      turn.forgive();
      return reply.code(204).send(null);
    },
  );

  api.get(
    '/me/sign-ins',
    {
      config: { needs: 'signed-in' },
      schema: {
        operationId: 'listOwnSignIns',
        summary: 'Where you are signed in',
        tags: ['me'],
        response: { 200: page(SignInSchema, 'SignInPage') },
      },
    },
    async (request) => {
      const { kind, id, signInId } = callerOf(request);
      const own = kind === 'user' ? await signIns.list(id) : [];
      return whole(own.map((signIn) => signInJson(signIn, signInId)));
    },
  );

  api.delete(
    '/me/sign-ins',
    {
      config: { needs: 'signed-in' },
      schema: {
        operationId: 'endOtherSignIns',
        summary: 'Sign out everywhere else',
        tags: ['me'],
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const caller = userOf(callerOf(request));
      await signIns.endOthers(caller, caller.id, caller.signInId);
      return reply.code(204).send(null);
    },
  );

  api.delete(
    '/me/sign-ins/:signIn',
    {
      config: { needs: 'signed-in' },
      schema: {
        operationId: 'endOwnSignIn',
        summary: 'Sign out somewhere',
        tags: ['me'],
        params: OfSignIn,
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const caller = userOf(callerOf(request));
      if (!(await signIns.end(caller, caller.id, request.params.signIn)))
        throw new HttpError(404, 'There is no such sign-in.');
      return reply.code(204).send(null);
    },
  );
}

/** @throws HttpError 409 */
function userOf(caller: Caller): Caller {
  if (caller.kind === 'user') return caller;
  throw new HttpError(409, 'Only users have passwords and sign-ins.', {}, { code: 'no-user' });
}

function sees({ projects }: Caller, { id }: Project): boolean {
  return projects === 'all' || projects.includes(id);
}

function signInJson(
  { id, way, agent, address, createdAt, seenAt, expiresAt }: SignIn,
  current: string | null,
) {
  return { id, way, agent, address, createdAt, seenAt, expiresAt, isCurrent: id === current };
}
