import { Handshakes } from './handshakes.js';

/** The places of attempts and connections. Routers of one process may have them together. */
export class RouterPlaces {
  /** How many there are. */
  readonly total: number;
  readonly handshakes = new Handshakes();
  taken = 0;

  constructor(total: number) {
    this.total = total;
  }
}
