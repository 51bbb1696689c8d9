import type { ServerResponse } from 'node:http';
import type { ProjectId } from 'iroh-net-diagnostics/services';
import type { Caller } from '../../people/index.js';
import { HEARTBEAT_MS, MAX_LIVE_OF_ONE } from '../constants.js';

/** A live answer. */
interface Stream {
  end(): void;
}

interface Right {
  caller: Caller;
  project: ProjectId;
}

/** What {@link StreamRights} uses. */
export interface StreamRightsDeps {
  /** Who somebody is now; `null`: he is out. */
  again(caller: Caller): Promise<Caller | null>;
  /** Whether there is such a project, still. */
  hasProject(project: ProjectId): Promise<boolean>;
  /** Calls the listener when somebody lost a right. @returns ends that */
  onAccess(listener: () => void): () => void;
}

/**
 * Ends live answers with the right to read them: at once when somebody loses one, and when that was not heard of, or a sign-in
 * or token has expired, with the next heartbeat.
 */
export class StreamRights {
  readonly #deps: StreamRightsDeps;
  /** The oldest first. */
  readonly #streams = new Map<Stream, Right>();
  readonly #unsubscribe: () => void;
  readonly #timer: NodeJS.Timeout;
  /** Checks that run, and whether another one has to follow. */
  #isChecking = false;
  #mustCheckAgain = false;

  constructor(deps: StreamRightsDeps, everyMs = HEARTBEAT_MS) {
    this.#deps = deps;
    this.#unsubscribe = deps.onAccess(() => void this.#check());
    this.#timer = setInterval(() => void this.#check(), everyMs).unref();
  }

  /** Watches over an answer until it ends. Of too many of one caller the oldest ends. */
  add(stream: Stream, response: ServerResponse, right: Right): void {
    const own = [...this.#streams].filter(([, { caller }]) => isSame(caller, right.caller));
    if (own.length >= MAX_LIVE_OF_ONE) own[0]?.[0].end();
    this.#streams.set(stream, right);
    response.once('close', () => this.#streams.delete(stream));
    // He may have lost it since his request was let in.
    void this.#check();
  }

  close(): void {
    this.#unsubscribe();
    clearInterval(this.#timer);
  }

  async #check(): Promise<void> {
    this.#mustCheckAgain = true;
    if (this.#isChecking) return;
    this.#isChecking = true;
    while (this.#mustCheckAgain && this.#streams.size > 0) {
      this.#mustCheckAgain = false;
      await this.#checkAll();
    }
    this.#isChecking = false;
  }

  async #checkAll(): Promise<void> {
    const asked = new Map<string, Promise<boolean>>();
    for (const [stream, right] of [...this.#streams]) {
      const key = `${keyOf(right.caller)} ${right.project}`;
      const isStill = asked.get(key) ?? this.#isStill(right);
      asked.set(key, isStill);
      // Without the database nothing is known, and nothing can be read with what a stream tells. The next check is soon.
      if (await isStill.catch(() => true)) continue;
      this.#streams.delete(stream);
      stream.end();
    }
  }

  async #isStill({ caller, project }: Right): Promise<boolean> {
    const now = await this.#deps.again(caller);
    if (now === null || !now.may('fleet:read', project)) return false;
    return now.projects !== 'all' || this.#deps.hasProject(project);
  }
}

/** In however many browsers somebody is signed in. Where nobody has to sign in, nothing tells one visitor from another. */
function isSame(one: Caller, other: Caller): boolean {
  return one.kind !== 'anyone' && one.kind === other.kind && one.id === other.id;
}

function keyOf({ kind, id, signInId }: Caller): string {
  return `${kind} ${id} ${signInId ?? ''}`;
}
