import { Type } from 'typebox';
import { HttpError } from '../http-error.js';
import {
  GivenCode,
  GivenEmail,
  GivenName,
  GivenPassword,
  Nothing,
  UserSchema,
  userJson,
} from './people-schemas.js';
import { nullable } from './schemas.js';
import type { Api, ApiContext } from './types.js';

const Ways = Type.Object(
  {
    isNeeded: Type.Boolean({ description: 'Whether somebody has to sign in at all.' }),
    password: Type.Boolean({ description: 'By name and password.' }),
    oidc: nullable(
      Type.String({ description: 'What the provider of OpenID Connect is called; `null`: there is none.' }),
    ),
    setUp: Type.Boolean({ description: 'Whether the first account is still to be made.' }),
  },
  { title: 'Ways', description: 'How one can sign in.' },
);

const SignedIn = Type.Object(
  { user: UserSchema },
  { title: 'SignedIn', description: 'Who is signed in now.' },
);

const COOKIE = 'The answer sets the cookie of the sign-in; a program better uses an API token.';

const SignedOut = Type.Object(
  { signOutUrl: Type.String({ description: 'Where the provider signs the browser out as well.' }) },
  { title: 'SignedOut', description: 'Signed out here.' },
);

/** Adds how browsers come in and go out. */
export function addSession(api: Api, { doors }: ApiContext): void {
  api.get(
    '/session/ways',
    {
      config: { needs: 'anybody' },
      schema: {
        operationId: 'getWays',
        summary: 'How one can sign in here',
        tags: ['session'],
        response: { 200: Ways },
      },
    },
    async () => doors.ways(),
  );

  api.post(
    '/session',
    {
      config: { needs: 'anybody' },
      schema: {
        operationId: 'signIn',
        summary: 'Sign in, by name and password or by a one-time code',
        description: `${COOKIE} 401 for what is wrong, 429 after too many of those.`,
        tags: ['session'],
        body: Type.Object(
          {
            name: Type.Optional(GivenName),
            password: Type.Optional(GivenPassword),
            code: Type.Optional(GivenCode),
          },
          { additionalProperties: false },
        ),
        response: { 201: SignedIn },
      },
    },
    async (request, reply) => {
      const { name, password, code } = request.body;
      const isByCode = code !== undefined;
      if (isByCode === (name !== undefined || password !== undefined))
        throw new HttpError(400, 'Give name and password, or a code.');
      const user = isByCode
        ? await doors.signInByCode(request, reply, code)
        : await doors.signIn(request, reply, { name: name ?? '', password: password ?? '' });
      return reply.code(201).send({ user: userJson(user) });
    },
  );

  api.delete(
    '/session',
    {
      config: { needs: 'anybody' },
      schema: {
        operationId: 'signOut',
        summary: 'Sign this browser out',
        description:
          'Who came by the provider of OpenID Connect is still signed in there: 200 says where to send the browser. 204: nowhere.',
        tags: ['session'],
        response: { 200: SignedOut, 204: Nothing },
      },
    },
    async (request, reply) => {
      const signOutUrl = await doors.signOut(request, reply);
      return signOutUrl === null ? reply.code(204).send(null) : reply.code(200).send({ signOutUrl });
    },
  );

  api.post(
    '/setup',
    {
      config: { needs: 'anybody' },
      schema: {
        operationId: 'setUp',
        summary: 'Make the first account, with the code that the platform printed',
        description: COOKIE,
        tags: ['session'],
        body: Type.Object(
          { code: GivenCode, name: GivenName, password: GivenPassword, email: Type.Optional(GivenEmail) },
          { additionalProperties: false },
        ),
        response: { 201: SignedIn },
      },
    },
    async (request, reply) => {
      const { code, ...user } = request.body;
      return reply.code(201).send({ user: userJson(await doors.setUp(request, reply, code, user)) });
    },
  );
}
