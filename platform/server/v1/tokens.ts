import type { FastifyRequest } from 'fastify';
import type { ProjectId } from 'iroh-net-diagnostics/services';
import { type Static, Type } from 'typebox';
import type { ApiToken } from '../../people/index.js';
import { callerOf } from '../doors/index.js';
import { Nothing, OfProjectToken, OfToken, PermissionWord } from './people-schemas.js';
import { InProject, nullable, page, text, time, whole, words } from './schemas.js';
import type { Api, ApiContext } from './types.js';

const Token = Type.Object(
  {
    id: Type.String(),
    label: Type.String(),
    permissions: Type.Array(PermissionWord),
    createdBy: Type.Object(
      {
        kind: words(['user', 'token', 'local', 'anyone']),
        id: Type.String(),
        name: nullable(
          Type.String({
            description: 'Of the user, or the label of the token; `null`: there is none (any more).',
          }),
        ),
      },
      { description: 'Who made it. It ends with that user or token.' },
    ),
    isOwnerOut: Type.Boolean({
      description:
        'The user who made it, or made what made it, is disabled or removed, or, if it is of the whole platform, no administrator any more: it lets nobody in.',
    }),
    createdAt: time(),
    expiresAt: nullable(time('`null`: never.')),
    revokedAt: nullable(time()),
    lastUsedAt: nullable(time('To the minute; `null`: never.')),
  },
  { title: 'ApiToken', description: 'An API token, without what only its holder knows.' },
);

const NewToken = Type.Object(
  {
    label: text(240, { description: 'What it is for.', examples: ['ci'] }),
    permissions: Type.Array(PermissionWord, {
      minItems: 1,
      maxItems: 100,
      description: 'Nothing that you may not yourself.',
      examples: [['fleet:read']],
    }),
    expiresAt: Type.Optional(
      nullable(
        time(
          'Within 366 days; `null`: never, which administrators alone may say. Default: in 90 days. What a token makes ends with it.',
        ),
      ),
    ),
  },
  { additionalProperties: false },
);

const CreatedToken = Type.Object(
  { token: Token, text: Type.String({ description: 'The token: a credential. Shown once.' }) },
  { title: 'CreatedApiToken' },
);

/** An API token in a list. */
export type TokenJson = Static<typeof Token>;
/** A new API token. */
export type CreatedTokenJson = Static<typeof CreatedToken>;

const ALONG = 'Those that it made end with it.';

const PATHS = {
  project: '/projects/:project/tokens',
  platform: '/tokens',
} as const;

/** Adds the API tokens of a project, and those of the platform. */
export function addTokens(api: Api, { doors }: ApiContext): void {
  const { apiTokens } = doors.people;
  const list = async (project: ProjectId | null) => whole((await apiTokens.list(project)).map(tokenJson));
  const make = async (request: FastifyRequest, project: ProjectId | null, given: Static<typeof NewToken>) => {
    const { text, token } = await apiTokens.make(callerOf(request), { project, ...given });
    return { text, token: tokenJson(token) };
  };

  api.get(
    PATHS.project,
    {
      config: { needs: 'tokens:read', isProven: true },
      schema: {
        operationId: 'listTokens',
        summary: 'The API tokens of a project, the newest first',
        tags: ['tokens'],
        params: InProject,
        response: { 200: page(Token, 'ApiTokenPage') },
      },
    },
    ({ params }) => list(params.project),
  );

  api.post(
    PATHS.project,
    {
      config: { needs: 'tokens:write', isProven: true },
      schema: {
        operationId: 'makeToken',
        summary: 'Make an API token of a project',
        tags: ['tokens'],
        params: InProject,
        body: NewToken,
        response: { 201: CreatedToken },
      },
    },
    async (request, reply) => reply.code(201).send(await make(request, request.params.project, request.body)),
  );

  api.delete(
    `${PATHS.project}/:token`,
    {
      config: { needs: 'tokens:write', isProven: true },
      schema: {
        operationId: 'revokeToken',
        summary: 'Revoke an API token of a project, at once and for good',
        description: ALONG,
        tags: ['tokens'],
        params: OfProjectToken,
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const { project, token } = request.params;
      await apiTokens.revoke(callerOf(request), project, token);
      return reply.code(204).send(null);
    },
  );

  api.get(
    PATHS.platform,
    {
      config: { needs: 'platform:read', isProven: true },
      schema: {
        operationId: 'listPlatformTokens',
        summary: 'The API tokens of the whole platform, the newest first',
        tags: ['tokens'],
        response: { 200: page(Token, 'ApiTokenPage') },
      },
    },
    () => list(null),
  );

  api.post(
    PATHS.platform,
    {
      config: { needs: 'platform:write', isProven: true },
      schema: {
        operationId: 'makePlatformToken',
        summary: 'Make an API token of the whole platform',
        tags: ['tokens'],
        body: NewToken,
        response: { 201: CreatedToken },
      },
    },
    async (request, reply) => reply.code(201).send(await make(request, null, request.body)),
  );

  api.delete(
    `${PATHS.platform}/:token`,
    {
      config: { needs: 'platform:write', isProven: true },
      schema: {
        operationId: 'revokePlatformToken',
        summary: 'Revoke an API token of the whole platform, at once and for good',
        description: ALONG,
        tags: ['tokens'],
        params: OfToken,
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      await apiTokens.revoke(callerOf(request), null, request.params.token);
      return reply.code(204).send(null);
    },
  );
}

function tokenJson({ project: _project, permissions, ...token }: ApiToken): Static<typeof Token> {
  return { ...token, permissions: [...permissions] };
}
