import { hasCode, messageOf } from 'iroh-net-diagnostics/services';
import { Type } from 'typebox';
import { callerOf } from '../doors/index.js';
import { HttpError } from '../http-error.js';
import type { Api, ApiContext } from './types.js';

/** Adds what the command `backup` asks while the platform runs. */
export function addBackup(api: Api, { hold, doors }: ApiContext): void {
  api.post(
    '/backup',
    {
      config: { needs: 'platform:write', isProven: true },
      schema: {
        operationId: 'beginBackup',
        summary: 'Keep the store’s file as it is while it is copied',
        description: 'For the command `backup`, on the same machine. 409 when the store is no file.',
        tags: ['platform'],
        response: { 201: Type.Object({ held: Type.String() }) },
      },
    },
    async (request, reply) => {
      if (hold === null)
        throw new HttpError(409, 'The store is a PostgreSQL database: back it up with pg_dump.');
      const held = await hold.begin().catch((error: unknown) => {
        throw hasCode(error, 'ERR_STATE') ? new HttpError(409, messageOf(error)) : error;
      });
      await doors.people.audit.record({ by: callerOf(request), action: 'backup.made', project: null });
      return reply.code(201).send({ held });
    },
  );

  api.delete(
    '/backup/:held',
    {
      config: { needs: 'platform:write', isProven: true },
      schema: {
        operationId: 'endBackup',
        summary: 'The file has been copied',
        tags: ['platform'],
        params: Type.Object({
          held: Type.String({
            pattern: '^[0-9a-f]{32}$',
            description: 'What the answer to `POST /backup` said.',
          }),
        }),
        response: {
          200: Type.Object({
            wasHeld: Type.Boolean({ description: 'Whether the file was as it was from the beginning on.' }),
          }),
        },
      },
    },
    async ({ params }) => ({ wasHeld: hold !== null && (await hold.end(params.held)) }),
  );
}
