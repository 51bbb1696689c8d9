import type { FastifyReply } from 'fastify';
import type { EndpointId, ProjectId } from 'iroh-net-diagnostics/services';
import type { LiveSource } from '../fleet.js';
import type { Caller } from '../people/index.js';
import { StreamRights, type StreamRightsDeps } from './doors/stream-rights.js';
import { LiveUpdates } from './live.js';

/** The live updates of each project that somebody watches. */
export class LiveProjects {
  readonly #sourceOf: (project: ProjectId) => LiveSource;
  readonly #rights: StreamRights;
  readonly #watched = new Map<ProjectId, LiveUpdates>();

  constructor(sourceOf: (project: ProjectId) => LiveSource, rights: StreamRightsDeps) {
    this.#sourceOf = sourceOf;
    this.#rights = new StreamRights(rights);
  }

  /**
   * Keeps the answer open and writes to it from now on, as long as the caller may read the project.
   * @param endpointId - `null`: of the whole fleet
   */
  open(reply: FastifyReply, caller: Caller, project: ProjectId, endpointId: EndpointId | null): void {
    // While the database was asked who comes he left: his stream would never be seen to end.
    if (reply.raw.destroyed) {
      reply.hijack();
      return;
    }
    let updates = this.#watched.get(project);
    if (updates === undefined) {
      const opened = new LiveUpdates(this.#sourceOf(project), () => {
        opened.close();
        if (this.#watched.get(project) === opened) this.#watched.delete(project);
      });
      updates = opened;
      this.#watched.set(project, updates);
    }
    const stream = updates.open(reply, endpointId);
    this.#rights.add(stream, reply.raw, { caller, project });
  }

  /** Streams that are open now. */
  get count(): number {
    return [...this.#watched.values()].reduce((all, { count }) => all + count, 0);
  }

  close(): void {
    this.#rights.close();
    for (const updates of [...this.#watched.values()]) updates.close();
    this.#watched.clear();
  }
}
