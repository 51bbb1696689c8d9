import type { ProjectId } from 'iroh-net-diagnostics/services';
import { type Static, Type } from 'typebox';
import { AUDIT_ACTIONS } from '../../people/index.js';
import { Actor, InProject, limit, nullable, page, text, time, words } from './schemas.js';
import type { Api, ApiContext } from './types.js';

const [USUAL, MOST] = [100, 500];

const Entry = Type.Object(
  {
    id: Type.String(),
    at: time(),
    project: nullable(Type.String({ description: '`null`: the whole platform.' })),
    actor: Actor,
    action: Type.String({ examples: ['sign-in.done', 'run.requested'] }),
    target: nullable(Type.String({ description: 'What it was done to: an id, or a name.' })),
    address: nullable(Type.String({ description: 'Where it came from.' })),
    detail: Type.Record(
      Type.String(),
      Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]),
    ),
    times: Type.Integer({ minimum: 1, description: 'How often, within a minute.' }),
  },
  { title: 'AuditEntry', description: 'Something that somebody did.' },
);

/** Something that somebody did. */
export type AuditEntryJson = Static<typeof Entry>;

const Selection = Type.Object(
  {
    action: Type.Optional(words(AUDIT_ACTIONS)),
    actor: Type.Optional(text(254, { description: 'The id of who did it.' })),
    after: Type.Optional(text(64, { description: '`next` of the page before.' })),
    limit: limit(USUAL, MOST),
  },
  { additionalProperties: false },
);

const Page = page(Entry, 'AuditPage');

/** Adds who did what. */
export function addAudit(api: Api, { doors }: ApiContext): void {
  const { audit } = doors.people;
  const read = (project: ProjectId | null, { limit = USUAL, ...query }: Static<typeof Selection>) =>
    audit.page({ project, limit, ...query });

  api.get(
    '/projects/:project/audit',
    {
      config: { needs: 'audit:read' },
      schema: {
        operationId: 'listProjectAudit',
        summary: 'Who did what in a project, the newest first',
        tags: ['audit'],
        params: InProject,
        querystring: Selection,
        response: { 200: Page },
      },
    },
    ({ params, query }) => read(params.project, query),
  );

  api.get(
    '/audit',
    {
      config: { needs: 'platform:read' },
      schema: {
        operationId: 'listAudit',
        summary: 'Who did what, in all projects and with the platform, the newest first',
        tags: ['audit'],
        querystring: Selection,
        response: { 200: Page },
      },
    },
    ({ query }) => read(null, query),
  );
}
