import { type DiagnoseOptions, diagnose, measuringEndsMs } from '../diagnose/index.js';
import type { ReportTrigger } from '../events.js';
import type { Settings } from '../options/index.js';
import type { EndpointSnapshot, LocalReport } from '../report/index.js';
import type { Telemetry } from '../telemetry/index.js';
import type { Endpoint } from '../transport/index.js';
import { AnsweringRelays } from './answering-relays.js';
import type { LivePaths } from './live-paths.js';
import type { Surroundings } from './parts.js';
import { peerToTry } from './peer-to-try.js';
import type { StatusStore } from './status-store.js';

/** Options of one run. */
export type RunOptions = Pick<DiagnoseOptions, 'signal' | 'onProbe'>;

/** {@link RunOptions}, and a callback for callers who only need the part that the platform gets. */
export type ReportRunOptions = RunOptions & Pick<DiagnoseOptions, 'onWireFinal'>;

/** An endpoint to report about. */
export interface Subject {
  endpoint: Endpoint;
  paths: LivePaths;
}

/** Options of a {@link Reporter}. */
export interface ReporterOptions {
  settings: Settings;
  statusStore: StatusStore;
  telemetry: Telemetry;
  surroundings: Surroundings;
}

/** Makes every report of one app, for whatever reason, and notes it in the status. */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #answering = new AnsweringRelays();

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  /** One run with the settings' relays, probes and deadline. `subject`: `null` while there is no endpoint. */
  async report(trigger: ReportTrigger, subject: Subject | null, run: ReportRunOptions): Promise<LocalReport> {
    const { settings, statusStore, telemetry, surroundings } = this.#options;
    const { signal, onProbe, onWireFinal } = run;
    const answeredBefore = this.#answering.urls;
    const local = await telemetry.run(trigger, onProbe, (listener) =>
      measure(settings, subject, { ...surroundings, answeredBefore, signal, onWireFinal, onProbe: listener }),
    );
    this.#answering.note(local);
    statusStore.noteReport(local, trigger);
    return local;
  }
}

function measure(
  settings: Settings,
  subject: Subject | null,
  run: ReportRunOptions & Surroundings & Pick<DiagnoseOptions, 'answeredBefore'>,
): Promise<LocalReport> {
  const { relays, stun, probes, peers, deadline } = settings;
  return diagnose({
    ...run,
    // The relays of the settings, else those of the network with their ports; the app's own endpoint may have neither.
    relays: relays ?? subject?.endpoint.relays() ?? [],
    stun,
    // Without an endpoint no peer can be dialled, and nobody has to wait for that.
    deadline: subject === null ? measuringEndsMs(deadline, peers.length) : deadline,
    peers: subject === null ? [] : peers.map((peer) => peerToTry(subject.endpoint, peer)),
    probes,
    endpoint: subject === null ? null : snapshot(subject),
  });
}

function snapshot({ endpoint, paths }: Subject): EndpointSnapshot {
  const { relayUrls, directAddrs } = endpoint.address();
  return {
    endpointId: endpoint.id,
    directAddrs,
    homeRelay: relayUrls[0] ?? null,
    paths: paths.snapshot(),
  };
}
