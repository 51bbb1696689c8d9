import type { ProbeEvent } from '../../diagnose/index.js';

/** Makes the line that shows how far a report is. */
export class Progress {
  readonly #running = new Set<string>();

  /** Takes one event of a report; returns the line to show from now on. */
  line({ phase, done, total, ref, soFar }: ProbeEvent): string {
    if (phase === 'started') this.#running.add(ref);
    else this.#running.delete(ref);
    // The colour is shown as soon as no unfinished probe can change it.
    const verdict = soFar?.isFinal === true ? `${soFar.summary.colour.toUpperCase()}; ` : '';
    return `${verdict}${done}/${total} probes done, ${this.#peers() ?? ref}`;
  }

  /** A peer takes seconds longer than all else; `null`: something else is out. */
  #peers(): string | null {
    const running = [...this.#running];
    if (running.length === 0 || !running.every((ref) => ref.startsWith('peer '))) return null;
    return `${running.join(', ')}: waiting for a direct path`;
  }
}
