import { type Static, Type } from 'typebox';
import { callerOf, nothingHere } from '../doors/index.js';
import { Nothing } from './people-schemas.js';
import { InProject, page, text, time, whole } from './schemas.js';
import type { Api, ApiContext } from './types.js';

const Project = Type.Object(
  { id: Type.String(), name: Type.String(), createdAt: time() },
  { title: 'Project' },
);
const OneProject = Type.Object({ project: Project }, { title: 'OneProject' });
const GivenName = text(240, { description: 'A name, as it is to be shown.', examples: ['The shop'] });

/** A project. */
export type ProjectJson = Static<typeof Project>;

/** Adds the projects. */
export function addProjects(api: Api, { doors }: ApiContext): void {
  const { projects } = doors.people;

  api.get(
    '/projects',
    {
      config: { needs: 'signed-in', isProven: true },
      schema: {
        operationId: 'listProjects',
        summary: 'The projects that you see something of',
        tags: ['projects'],
        response: { 200: page(Project, 'ProjectPage') },
      },
    },
    async (request) => {
      const { projects: seen } = callerOf(request);
      return whole((await projects.list()).filter(({ id }) => seen === 'all' || seen.includes(id)));
    },
  );

  api.post(
    '/projects',
    {
      config: { needs: 'platform:write', isProven: true },
      schema: {
        operationId: 'addProject',
        summary: 'Add a project',
        tags: ['projects'],
        body: Type.Object(
          {
            id: text(160, { description: 'Part of URLs; it stays.', examples: ['shop'] }),
            name: Type.Optional(GivenName),
          },
          { additionalProperties: false },
        ),
        response: { 201: OneProject },
      },
    },
    async (request, reply) =>
      reply.code(201).send({ project: await projects.add(callerOf(request), request.body) }),
  );

  api.get(
    '/projects/:project',
    {
      config: { needs: 'signed-in' },
      schema: {
        operationId: 'getProject',
        summary: 'A project',
        tags: ['projects'],
        params: InProject,
        response: { 200: OneProject },
      },
    },
    async ({ params }) => {
      const project = await projects.get(params.project);
      // It was there a moment ago.
      if (project === null) throw nothingHere();
      return { project };
    },
  );

  api.patch(
    '/projects/:project',
    {
      config: { needs: 'project:write' },
      schema: {
        operationId: 'renameProject',
        summary: 'Give a project another name',
        tags: ['projects'],
        params: InProject,
        body: Type.Object({ name: GivenName }, { additionalProperties: false }),
        response: { 200: OneProject },
      },
    },
    async (request) => ({
      project: await projects.rename(callerOf(request), request.params.project, request.body.name),
    }),
  );

  api.delete(
    '/projects/:project',
    {
      config: { needs: 'platform:write' },
      schema: {
        operationId: 'removeProject',
        summary: 'Remove a project, with all that it has',
        description: 'Its API secrets and tokens end at once. The project `default` stays.',
        tags: ['projects'],
        params: InProject,
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      await projects.remove(callerOf(request), request.params.project);
      return reply.code(204).send(null);
    },
  );
}
