import { type Static, Type } from 'typebox';
import { CODE_MS } from '../../people/index.js';
import { callerOf } from '../doors/index.js';
import { HttpError } from '../http-error.js';
import {
  GivenEmail,
  GivenName,
  GivenPassword,
  Nothing,
  OfUser,
  UserSchema,
  userJson,
} from './people-schemas.js';
import { limit, nullable, page, text, time } from './schemas.js';
import type { Api, ApiContext } from './types.js';

const [USUAL, MOST, MAX_SEARCH] = [50, 500, 254];

const OneUser = Type.Object({ user: UserSchema }, { title: 'OneUser' });

const Link = Type.Object(
  {
    url: Type.String({ description: 'Signs the user in, once. Shown once.' }),
    expiresAt: time(),
  },
  { title: 'Link', description: 'A one-time link.' },
);

/** A one-time link. */
export type LinkJson = Static<typeof Link>;

/** Adds the users of the platform. */
export function addUsers(api: Api, { doors, clock }: ApiContext): void {
  const { users, signIns, codes } = doors.people;

  api.get(
    '/users',
    {
      config: { needs: 'platform:read', isProven: true },
      schema: {
        operationId: 'listUsers',
        summary: 'The users, by name',
        tags: ['users'],
        querystring: Type.Object(
          {
            search: Type.Optional(
              text(MAX_SEARCH, { description: 'A part of the name or of the e-mail address.' }),
            ),
            after: Type.Optional(text(MAX_SEARCH, { description: '`next` of the page before.' })),
            limit: limit(USUAL, MOST),
          },
          { additionalProperties: false },
        ),
        response: { 200: page(UserSchema, 'UserPage') },
      },
    },
    async ({ query: { search, after, limit = USUAL } }) => {
      const { items, next } = await users.list({ search, after, limit });
      return { items: items.map(userJson), next };
    },
  );

  api.post(
    '/users',
    {
      config: { needs: 'platform:write', isProven: true },
      schema: {
        operationId: 'addUser',
        summary: 'Add a user',
        description:
          'Without a password he signs in by a one-time link, or by OpenID Connect with this e-mail address, if the provider has verified it; an administrator only if the settings make him one (`oidc-administrator`).',
        tags: ['users'],
        body: Type.Object(
          {
            name: GivenName,
            email: Type.Optional(GivenEmail),
            password: Type.Optional(nullable(GivenPassword)),
            isAdministrator: Type.Optional(Type.Boolean()),
          },
          { additionalProperties: false },
        ),
        response: { 201: OneUser },
      },
    },
    async (request, reply) => {
      const user = await users.add(callerOf(request), request.body);
      return reply.code(201).send({ user: userJson(user) });
    },
  );

  api.patch(
    '/users/:user',
    {
      config: { needs: 'platform:write', isProven: true },
      schema: {
        operationId: 'changeUser',
        summary: 'Change a user',
        description:
          'What is not given stays. Who is disabled is out at once, with all that he is signed in to and with his API tokens, as long as he is; the last administrator stays one. An e-mail address is changed by administrators alone. Who becomes one comes in by the provider, or by a link made for him then: his password, links and sign-ins until now are void.',
        tags: ['users'],
        params: OfUser,
        body: Type.Object(
          {
            name: Type.Optional(GivenName),
            email: Type.Optional(GivenEmail),
            isAdministrator: Type.Optional(Type.Boolean()),
            isDisabled: Type.Optional(Type.Boolean()),
          },
          { additionalProperties: false },
        ),
        response: { 200: OneUser },
      },
    },
    async (request) => ({
      user: userJson(await users.change(callerOf(request), request.params.user, request.body)),
    }),
  );

  api.delete(
    '/users/:user',
    {
      config: { needs: 'platform:write' },
      schema: {
        operationId: 'removeUser',
        summary: 'Remove a user',
        description: 'His API tokens are revoked, and those that they made.',
        tags: ['users'],
        params: OfUser,
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      await users.remove(callerOf(request), request.params.user);
      return reply.code(204).send(null);
    },
  );

  api.post(
    '/users/:user/link',
    {
      config: { needs: 'platform:write', isProven: true },
      schema: {
        operationId: 'makeLink',
        summary: 'Make a one-time link that signs the user in',
        description: 'For who has lost his password, or never had one. It can be used once, for 15 minutes.',
        tags: ['users'],
        params: OfUser,
        response: { 201: Link },
      },
    },
    async (request, reply) => {
      const expiresAt = clock.now() + CODE_MS['sign-in'];
      const code = await codes.makeSignIn(callerOf(request), request.params.user);
      return reply.code(201).send({ url: doors.linkUrl(request, code), expiresAt });
    },
  );

  api.delete(
    '/users/:user/sign-ins',
    {
      config: { needs: 'platform:write' },
      schema: {
        operationId: 'endSignIns',
        summary: 'Sign a user out everywhere',
        tags: ['users'],
        params: OfUser,
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const { user: id } = request.params;
      if ((await users.get(id)) === null) throw new HttpError(404, 'There is no such user.');
      await signIns.endOthers(callerOf(request), id, null);
      return reply.code(204).send(null);
    },
  );
}
