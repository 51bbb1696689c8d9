import type { ModulesContainer } from '@nestjs/core';
import { type Observable, Subject } from 'rxjs';
import { notify } from '../../lib/async/index.js';
import type { NetDiagnosticsEvent } from '../../lib/index.js';
import { findProvider } from './find-provider.js';

/** The part of `EventEmitter2` that we use. */
interface Emitter {
  emit(name: string, ...values: unknown[]): unknown;
}

/** `EventEmitterReadinessWatcher`: settles when the app's `@OnEvent` methods listen. */
interface Readiness {
  waitUntilReady(): Promise<void>;
}

/**
 * Hands every event of the core to all who listen in a Nest app: to the service's `events$`, and, where the app has
 * `@nestjs/event-emitter`, to `@OnEvent('net-diagnostics.<type>')` methods, as `(event, instance)`.
 */
export class EventRelay {
  readonly #subject = new Subject<NetDiagnosticsEvent>();
  readonly #modules: ModulesContainer;
  readonly #instance: string | undefined;
  #emitter: Promise<Emitter | undefined> | undefined;

  constructor(modules: ModulesContainer, instance: string | undefined) {
    this.#modules = modules;
    this.#instance = instance;
  }

  get events$(): Observable<NetDiagnosticsEvent> {
    return this.#subject.asObservable();
  }

  tell(event: NetDiagnosticsEvent): void {
    notify(() => this.#subject.next(event));
    // Looked up at the first event: by then every provider exists.
    this.#emitter ??= this.#findEmitter();
    void this.#emitter.then((emitter) => {
      notify(() => emitter?.emit(`net-diagnostics.${event.type}`, event, this.#instance));
    });
  }

  complete(): void {
    this.#subject.complete();
  }

  /** Never rejects. */
  async #findEmitter(): Promise<Emitter | undefined> {
    const find = <Provided>(method: string) =>
      findProvider<Provided>(this.#modules, 'EventEmitterModule', (instance) => method in instance);
    // Its class name, `EventEmitter`, is not unique, but no other provider of the module has this method.
    const emitter = find<Emitter>('emitAsync');
    const readiness = find<Readiness>('waitUntilReady');
    try {
      // Our module may boot before the listeners are ready: without this wait they would miss the first events.
      await readiness?.waitUntilReady();
      return emitter;
    } catch {
      return undefined;
    }
  }
}
