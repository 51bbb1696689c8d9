import type { FastifyInstance } from 'fastify';
import { hasCode, messageOf } from 'iroh-net-diagnostics/services';
import type { FileHold } from '../store/file-hold.js';
import { type Prove, sendProven } from './proven.js';

/** What a backup uses. */
export interface BackupContext {
  /** `null`: the store is no file. */
  hold: FileHold | null;
  prove: Prove;
}

/** Adds what the command `backup` asks while the platform runs. */
export function addBackup(app: FastifyInstance, { hold, prove }: BackupContext): void {
  app.post('/api/backup', { config: { needs: 'signed-in' } }, async (request, reply) => {
    if (hold === null) {
      const error = 'The store is a PostgreSQL database: back it up with pg_dump.';
      return sendProven(prove, request, reply.code(409), { error });
    }
    try {
      return sendProven(prove, request, reply.code(201), { held: await hold.begin() });
    } catch (error) {
      if (!hasCode(error, 'ERR_STATE')) throw error;
      return sendProven(prove, request, reply.code(409), { error: messageOf(error) });
    }
  });

  app.post('/api/backup/end', { config: { needs: 'signed-in' } }, async (request, reply) => {
    const { held } = (request.body ?? {}) as { held?: unknown };
    const wasHeld = hold !== null && typeof held === 'string' && (await hold.end(held));
    return sendProven(prove, request, reply, { wasHeld });
  });
}
