import { setMaxListeners } from 'node:events';
import {
  HeadStart,
  type NamedRun,
  PROBES,
  type ProbeContext,
  type ProbeName,
  planRuns,
  ReportEnded,
  Resolver,
  runProbe,
  tlsTrust,
} from '../probes/index.js';
import {
  GENERATOR,
  hasNoRoute,
  isSettled,
  judge,
  type LocalReport,
  type ProbeRecord,
  REPORT_VERSION,
  type Summary,
  summarise,
  type Verdict,
} from '../report/index.js';
import { type DiagnoseOptions, type DiagnosePlan, parseDiagnoseOptions, type SoFar } from './options.js';

/** Probes that the want of a route does not end: the way out may be a proxy's. */
const WITHOUT_ROUTE: ReadonlySet<string> = new Set<ProbeName>(['route', 'https-via-proxy']);

/** One report, as `diagnose` describes it. @throws `ERR_SETTING` */
export async function run(options: DiagnoseOptions): Promise<LocalReport> {
  return new Run(parseDiagnoseOptions(options), options).report();
}

class Run {
  readonly #plan: DiagnosePlan;
  readonly #options: Pick<DiagnoseOptions, 'signal' | 'onProbe'>;
  readonly #end = new AbortController();
  readonly #startedAt: number;
  readonly #records = new Map<string, ProbeRecord>();
  /** Whether the colour is settled: it was found once, and need not be again. */
  #isFinal = false;

  constructor(plan: DiagnosePlan, options: Pick<DiagnoseOptions, 'signal' | 'onProbe'>) {
    this.#plan = plan;
    this.#options = options;
    this.#startedAt = plan.environment.monotonic();
    // Each run and each of its sockets listens: many are no leak here.
    setMaxListeners(0, this.#end.signal);
  }

  async report(): Promise<LocalReport> {
    const { deadlineMs, environment } = this.#plan;
    const startedAt = new Date(environment.clock.now()).toISOString();
    const deadline = setTimeout(() => this.#stop('deadline'), deadlineMs);
    const cancel = () => this.#stop('aborted');
    const { signal } = this.#options;
    if (signal?.aborted === true) cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      const records = await this.#runAll();
      const { verdict, summary } = this.#conclude(records);
      const { relays, relaysFrom, stunServers, probes, notes, endpoint } = this.#plan;
      const { reason } = this.#end.signal;
      return {
        version: REPORT_VERSION,
        generator: GENERATOR,
        startedAt,
        durationMs: Math.round(this.#elapsed() * 1000) / 1000,
        deadlineMs,
        endedBy: reason instanceof ReportEnded ? reason.by : 'finished',
        settings: { relays, relaysFrom, stunServers: stunServers.map(({ label }) => label), probes },
        endpoint,
        notes,
        probes: records,
        verdict,
        summary,
      };
    } finally {
      clearTimeout(deadline);
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** All records in the order of the plan, whatever ended first. */
  #runAll(): Promise<ProbeRecord[]> {
    const { relays, endpoint, stunServers, probes, environment } = this.#plan;
    const targets = { relays, endpoint, stunServers, env: environment.env };
    const chosen = PROBES.filter(({ name }) => probes.includes(name));
    const runs = chosen.flatMap((probe) => planRuns(probe, targets));
    const context = this.#context();
    return Promise.all(runs.map((run) => this.#runOne(run, runs, context)));
  }

  async #runOne(run: NamedRun, runs: readonly NamedRun[], context: ProbeContext): Promise<ProbeRecord> {
    const { ref } = run;
    const total = runs.length;
    this.#tell({ phase: 'started', ref, done: this.#records.size, total });
    const record = await runProbe(run, context);
    this.#records.set(ref, record);
    if (this.#options.onProbe !== undefined) {
      // In the order of the plan, as in the report: a verdict may depend on it.
      const records = runs.flatMap((each) => this.#records.get(each.ref) ?? []);
      const soFar = onDemand(() => this.#soFar(runs, records));
      this.#tell({
        ...{ phase: 'ended', ref, record, done: this.#records.size, total },
        // Whoever draws spans alone does not pay for it.
        get soFar() {
          return soFar();
        },
      });
    }
    this.#endWithoutRoute(runs);
    return record;
  }

  #conclude(records: readonly ProbeRecord[]): { verdict: Verdict; summary: Summary } {
    const { relays, isPublicAddress } = this.#plan;
    const verdict = judge(records, relays, isPublicAddress);
    return { verdict, summary: summarise(verdict) };
  }

  #soFar(runs: readonly NamedRun[], records: readonly ProbeRecord[]): SoFar {
    const { summary } = this.#conclude(records);
    if (!this.#isFinal) {
      const colourOf = (all: readonly ProbeRecord[]) => this.#conclude(all).summary.colour;
      this.#isFinal = isSettled(runs, { records, relays: this.#plan.relays }, colourOf);
    }
    return { summary, isFinal: this.#isFinal };
  }

  /** Nothing can be measured where nothing can leave: once that is known of every destination, the rest is idle. */
  #endWithoutRoute(runs: readonly NamedRun[]): void {
    const isWaiting = runs.some(({ probe, ref }) => WITHOUT_ROUTE.has(probe) && !this.#records.has(ref));
    if (isWaiting || this.#end.signal.aborted) return;
    if (hasNoRoute([...this.#records.values()])) this.#stop('no-route');
  }

  #context(): ProbeContext {
    const { environment, deadlineMs, ca } = this.#plan;
    const { signal } = this.#end;
    return {
      signal,
      elapsed: () => this.#elapsed(),
      remaining: () => Math.max(0, deadlineMs - this.#elapsed()),
      resolver: new Resolver(environment.lookup, signal, () => deadlineMs - this.#elapsed()),
      headStart: new HeadStart(),
      tls: tlsTrust(environment.bundledRoots, ca, environment.machineRoots),
      gateways: environment.gateways,
      gatewayPorts: environment.gatewayPorts,
      portalPort: environment.portalPort,
    };
  }

  #elapsed(): number {
    return this.#plan.environment.monotonic() - this.#startedAt;
  }

  #stop(by: ReportEnded['by']): void {
    this.#end.abort(new ReportEnded(by));
  }

  #tell(event: Parameters<NonNullable<DiagnoseOptions['onProbe']>>[0]): void {
    try {
      this.#options.onProbe?.(event);
    } catch {
      // A broken progress display must not cost the report.
    }
  }
}

/** Makes it when it is asked for, once. */
function onDemand<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
