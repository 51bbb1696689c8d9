import { type Static, Type } from 'typebox';
import { callerOf } from '../doors/index.js';
import { HttpError } from '../http-error.js';
import { Nothing, OfMember, RoleWord } from './people-schemas.js';
import { InProject, nullable, page, text, time, whole, words } from './schemas.js';
import type { Api, ApiContext } from './types.js';

const Member = Type.Object(
  {
    userId: Type.String(),
    name: Type.String(),
    email: Type.Optional(
      nullable(Type.String({ description: 'For who may `members:write`, who has to know whom he lets in.' })),
    ),
    role: RoleWord,
    source: words(['local', 'oidc'], {
      description: '`oidc`: a group of the provider made him one, and his next sign-in may take it back.',
    }),
    createdAt: time(),
    isDisabled: Type.Boolean(),
  },
  { title: 'Member' },
);

/** A member of a project. */
export type MemberJson = Static<typeof Member>;

/** Adds who is a member of a project, and as what. */
export function addMembers(api: Api, { doors }: ApiContext): void {
  const { members, users } = doors.people;

  api.get(
    '/projects/:project/members',
    {
      config: { needs: 'members:read' },
      schema: {
        operationId: 'listMembers',
        summary: 'The members of a project, by name',
        tags: ['members'],
        params: InProject,
        response: { 200: page(Member, 'MemberPage') },
      },
    },
    async (request) => {
      const { project } = request.params;
      const mayWrite = callerOf(request).may('members:write', project);
      const all = await members.list(project);
      return whole(all.map(({ email, ...member }) => (mayWrite ? { ...member, email } : member)));
    },
  );

  api.post(
    '/projects/:project/members',
    {
      config: { needs: 'members:write' },
      schema: {
        operationId: 'addMember',
        summary: 'Make a user a member',
        tags: ['members'],
        params: InProject,
        body: Type.Object(
          { name: text(254, { description: 'The name or the e-mail address of a user.' }), role: RoleWord },
          { additionalProperties: false },
        ),
        response: { 201: Type.Object({ userId: Type.String() }) },
      },
    },
    async (request, reply) => {
      const { name, role } = request.body;
      const user = await users.byNameOrEmail(name);
      if (user === null) {
        const detail = 'There is no such user.';
        throw new HttpError(404, detail, {}, { errors: [{ in: 'body', name: 'name', detail }] });
      }
      await members.put(callerOf(request), request.params.project, user.id, role);
      return reply.code(201).send({ userId: user.id });
    },
  );

  api.put(
    '/projects/:project/members/:user',
    {
      config: { needs: 'members:write' },
      schema: {
        operationId: 'putMember',
        summary: 'Give a member another role, or make a user one',
        tags: ['members'],
        params: OfMember,
        body: Type.Object({ role: RoleWord }, { additionalProperties: false }),
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const { project, user } = request.params;
      await members.put(callerOf(request), project, user, request.body.role);
      return reply.code(204).send(null);
    },
  );

  api.delete(
    '/projects/:project/members/:user',
    {
      config: { needs: 'members:write' },
      schema: {
        operationId: 'removeMember',
        summary: 'Remove a member, who is out at once',
        tags: ['members'],
        params: OfMember,
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const { project, user } = request.params;
      await members.remove(callerOf(request), project, user);
      return reply.code(204).send(null);
    },
  );
}
