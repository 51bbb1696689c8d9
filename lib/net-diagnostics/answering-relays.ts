import type { LocalReport } from '../report/index.js';
import { MAX_RELAYS } from '../settings/index.js';

/**
 * Relays that answered QUIC address discovery. If the settings do not say that a relay has it, only an earlier answer
 * tells a relay that is blocked now from one whose address discovery is switched off.
 */
export class AnsweringRelays {
  readonly #urls = new Set<string>();

  /** Remembers the relays that answered in a report. The ones that answered last are kept longest. */
  note({ verdict }: Pick<LocalReport, 'verdict'>): void {
    for (const { url, ipv4Ms, ipv6Ms } of verdict.relays) {
      if (ipv4Ms === null && ipv6Ms === null) continue;
      this.#urls.delete(url);
      this.#urls.add(url);
    }
    for (const url of [...this.#urls].slice(0, -MAX_RELAYS)) this.#urls.delete(url);
  }

  get urls(): string[] {
    return [...this.#urls];
  }
}
