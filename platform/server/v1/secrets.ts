import { API_SECRET_ENV_VAR_NAME, hasCode, MAX_LABEL_LENGTH, messageOf } from 'iroh-net-diagnostics/services';
import { type Static, Type } from 'typebox';
import { callerOf } from '../doors/index.js';
import { HttpError } from '../http-error.js';
import { idIn } from '../id-in.js';
import { InProject, KeyId, nullable, page, text, time, whole } from './schemas.js';
import type { Api, ApiContext } from './types.js';

const NO_SECRET = 'There is no such good secret.';

const ApiSecret = Type.Object(
  {
    project: Type.String(),
    keyId: KeyId,
    identity: KeyId,
    label: Type.String(),
    createdAt: time(),
    revokedAt: nullable(time('Unix milliseconds; `null`: it is valid.')),
  },
  { title: 'ApiSecret', description: 'The public half of an API secret.' },
);

const NewApiSecret = Type.Object(
  {
    label: Type.Optional(text(MAX_LABEL_LENGTH + 2, { description: 'The operator’s word for it.' })),
    sshKey: Type.Optional(
      Type.String({
        description: 'A line of a `.pub` file, `ssh-ed25519 …`: to be accepted in place of a new secret.',
      }),
    ),
  },
  { additionalProperties: false },
);

const CreatedApiSecret = Type.Object(
  {
    keyId: KeyId,
    secret: Type.Optional(Type.String({ description: 'Shown once. Not there for an SSH key.' })),
    envLine: Type.Optional(Type.String({ description: 'The same, as a line of an environment file.' })),
  },
  { title: 'CreatedApiSecret' },
);

/** An API secret in a list. */
export type ApiSecretJson = Static<typeof ApiSecret>;

/** Adds the API secrets of a project. */
export function addSecrets(api: Api, { services, doors }: ApiContext): void {
  const { audit } = doors.people;

  api.get(
    '/projects/:project/secrets',
    {
      config: { needs: 'secrets:read', etag: 'weak' },
      schema: {
        operationId: 'listSecrets',
        summary: 'The API secrets, the newest first, revoked ones too',
        tags: ['secrets'],
        params: InProject,
        response: { 200: page(ApiSecret, 'ApiSecretPage') },
      },
    },
    async ({ params }) => whole(await services.apiSecrets(params.project)),
  );

  api.post(
    '/projects/:project/secrets',
    {
      config: { needs: 'secrets:write', isProven: true },
      schema: {
        operationId: 'createSecret',
        summary: 'Make an API secret, or accept an SSH key in its place',
        tags: ['secrets'],
        params: InProject,
        body: NewApiSecret,
        response: { 201: CreatedApiSecret },
      },
    },
    async (request, reply) => {
      const { project } = request.params;
      const { label = '', sshKey } = request.body;
      const by = callerOf(request);
      const action = sshKey === undefined ? 'secret.made' : 'secret.registered';
      const note = (target: string) =>
        audit.entry({ by, action, project, target, detail: { label: label.trim() } });
      const make = async () => {
        if (sshKey !== undefined)
          return { keyId: await services.registerSshKey(sshKey, label.trim(), project, note) };
        const secret = await services.createApiSecret(label.trim(), project, note);
        const text = secret.reveal();
        return { keyId: secret.keyId, secret: text, envLine: `${API_SECRET_ENV_VAR_NAME}=${text}` };
      };
      const made = await make().catch((error: unknown) => {
        if (hasCode(error, 'ERR_SETTING')) throw new HttpError(400, messageOf(error));
        throw hasCode(error, 'ERR_STATE') ? new HttpError(409, messageOf(error)) : error;
      });
      return reply.code(201).send(made);
    },
  );

  api.post(
    '/projects/:project/secrets/:secret/revoke',
    {
      config: { needs: 'secrets:write' },
      schema: {
        operationId: 'revokeSecret',
        summary: 'Revoke an API secret, at once and for good',
        tags: ['secrets'],
        params: Type.Object({ ...InProject.properties, secret: KeyId }),
        response: { 200: Type.Object({ keyId: KeyId }) },
      },
    },
    async (request) => {
      const { project, secret } = request.params;
      const keyId = idIn(secret, 404, NO_SECRET);
      const by = callerOf(request);
      const note = () => audit.entry({ by, action: 'secret.revoked', project, target: keyId });
      if (!(await services.revokeApiSecret(keyId, project, note))) throw new HttpError(404, NO_SECRET);
      return { keyId };
    },
  );
}
