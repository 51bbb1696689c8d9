import type { FastifyReply } from 'fastify';
import type { EndpointId, ProjectId } from 'iroh-net-diagnostics/services';
import type { LiveSource } from '../fleet.js';
import { LiveUpdates } from './live.js';

/** The live updates of each project that somebody watches. */
export class LiveProjects {
  readonly #sourceOf: (project: ProjectId) => LiveSource;
  readonly #watched = new Map<ProjectId, LiveUpdates>();

  constructor(sourceOf: (project: ProjectId) => LiveSource) {
    this.#sourceOf = sourceOf;
  }

  /** Keeps the answer open and writes to it from now on. @param endpointId - `null`: of the whole fleet */
  open(reply: FastifyReply, project: ProjectId, endpointId: EndpointId | null): void {
    let updates = this.#watched.get(project);
    if (updates === undefined) {
      const opened = new LiveUpdates(this.#sourceOf(project), () => {
        opened.close();
        if (this.#watched.get(project) === opened) this.#watched.delete(project);
      });
      updates = opened;
      this.#watched.set(project, updates);
    }
    updates.open(reply, endpointId);
  }

  /** Streams that are open now. */
  get count(): number {
    return [...this.#watched.values()].reduce((all, { count }) => all + count, 0);
  }

  close(): void {
    for (const updates of [...this.#watched.values()]) updates.close();
    this.#watched.clear();
  }

  /** Ends all streams. Browsers ask for them again, with the login they still have. */
  endAll(): void {
    for (const updates of [...this.#watched.values()]) updates.endAll();
  }
}
