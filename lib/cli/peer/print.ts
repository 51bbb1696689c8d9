import { systemClock, Throttle } from '../../async/index.js';
import type { PeerVisitEvent, PeerVisitOutcome } from '../../peer/index.js';
import type { LocalReport } from '../../report/index.js';
import { formatEndpointAddress, shortId } from '../../wire/index.js';
import type { Shell } from '../shell.js';
import { wrap } from '../wrap.js';
import type { PeerEvent } from './run-peer.js';

/** Strangers can visit at any rate, and nobody reads more lines than these: at once, and a minute. */
const VISITS_AT_ONCE = 60;
const VISITS_A_MINUTE = 30;

/** What became of a visitor, where it is not what a report does. */
const ENDED: Readonly<Record<PeerVisitOutcome, string>> = {
  served: '',
  'bad-request': ': turned away, it said what no report says',
  'timed-out': ': it stayed too long, and was closed',
  busy: ': it gave way to a newer visit',
  aborted: ': it left before it said hello',
};

/** Prints what happens at a peer: as text, or one JSON document a line. */
export class PeerPrinter {
  readonly #shell: Shell;
  readonly #isJson: boolean;
  /** The options of a report that name the peer's relays. */
  readonly #relayWords: string;
  readonly #throttle = new Throttle(VISITS_AT_ONCE, VISITS_A_MINUTE, systemClock);
  #lastOwn = '';

  constructor(shell: Shell, isJson: boolean, relays: readonly string[]) {
    this.#shell = shell;
    this.#isJson = isJson;
    this.#relayWords = relays.map((relay) => `--relay ${quoted(relay)}`).join(' ');
  }

  print(event: PeerEvent): void {
    if (event.type === 'not-online') this.#notOnline();
    else if (event.type === 'visit') this.#visit(event.visit);
    else if (event.type === 'online') this.#online(formatEndpointAddress(event.address));
    else this.#own(event.report, event.isWell);
  }

  #online(peer: string): void {
    const report = `npx iroh-net-diagnostics report ${this.#relayWords} --peer ${quoted(peer)}`;
    if (this.#isJson) this.#json({ type: 'online', peer, report });
    // Not wrapped: it is there to be copied.
    else
      this.#shell.out(
        `Peer: ${peer}\n\nTo be run on the machine whose network is in question:\n  ${report}\n\n`,
      );
  }

  #notOnline(): void {
    if (this.#isJson) this.#json({ type: 'not-online' });
    this.#remark(
      'Not online: none of its relays can be used from here, so nobody finds this peer. It goes on trying. ' +
        `What is wrong says: npx iroh-net-diagnostics report ${this.#relayWords}\n`,
    );
  }

  #own(local: LocalReport, isWell: boolean | null): void {
    const { startedAt, summary } = local;
    const { colour, sentence } = summary;
    if (this.#isJson) this.#json({ type: 'report', at: startedAt, colour, sentence, isWell });
    else this.#ownInWords(local, isWell);
  }

  /** Says nothing while nothing has changed: there is a report each five minutes. */
  #ownInWords({ startedAt, summary, verdict }: LocalReport, isWell: boolean | null): void {
    const { colour, sentence } = summary;
    const text = `This machine's own report: ${colour.toUpperCase()}: ${sentence}\n`;
    if (text === this.#lastOwn) return;
    this.#lastOwn = text;
    this.#shell.out(wrap(`${startedAt}  ${text}`, this.#shell.columns));
    if (isWell !== true) {
      this.#remark(
        'What stays relayed with this peer proves nothing about the other machine, since this one is not known to be well. ' +
          'Better run it where the report is green.\n',
      );
    } else if (verdict.ipv4.mapping.value === 'none') {
      this.#remark(
        'This machine has a public address of its own. If no firewall stands before it, it lets in strangers, and a direct ' +
          'path to it proves little. Better run it behind a router or a firewall.\n',
      );
    }
  }

  #visit(visit: PeerVisitEvent): void {
    const heldBack = this.#throttle.pass();
    if (heldBack === null) return;
    if (heldBack > 0) this.#remark(`${heldBack} more visits are not shown.\n`);
    if (this.#isJson) this.#json({ type: 'visit', ...visit });
    else this.#shell.out(visitInWords(visit));
  }

  #json(document: object): void {
    this.#shell.out(`${JSON.stringify(document)}\n`);
  }

  #remark(text: string): void {
    this.#shell.err(wrap(text, this.#shell.columns));
  }
}

function visitInWords({ remoteId, outcome, path, remoteAddr, at, durationMs }: PeerVisitEvent): string {
  const by = path === 'direct' ? ` directly (${remoteAddr})` : ` through the relay ${remoteAddr} alone`;
  const stayed = `${(durationMs / 1000).toFixed(1)} s`;
  const when = new Date(at).toISOString();
  return `${when}  ${shortId(remoteId)} came${path === null ? '' : by}, ${stayed}${ENDED[outcome]}\n`;
}

/** As a shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w@%+:,./=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
