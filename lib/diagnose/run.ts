import { setMaxListeners } from 'node:events';
import { notify, onAbort } from '../async/index.js';
import {
  HeadStart,
  isRouted,
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
  colourOf,
  entersWireReport,
  GENERATOR,
  hasNoRoute,
  isSettled,
  judge,
  judgeOnRead,
  type LocalReport,
  type ProbeRecord,
  REPORT_VERSION,
  type Summary,
  summarise,
  type Verdict,
  wireTextOf,
} from '../report/index.js';
import { formatStunServer } from '../wire/index.js';
import type { DiagnoseOptions, ProbeEvent, SoFar } from './options.js';
import { type DiagnosePlan, type Listening, planOf } from './plan.js';

/** Probes that go on without a route: the machine may only reach the Internet through a proxy. */
const WITHOUT_ROUTE: ReadonlySet<string> = new Set<ProbeName>(['route', 'https-via-proxy']);

/** The probe that the last part of the deadline is for. */
const PEER: ProbeName = 'peer';

/** Makes one report; see `diagnose`. @throws `ERR_SETTING` */
export async function run(options: DiagnoseOptions): Promise<LocalReport> {
  const { plan, listening } = planOf(options);
  return new Run(plan, listening).report();
}

class Run {
  readonly #plan: DiagnosePlan;
  readonly #listening: Listening;
  readonly #end = new AbortController();
  /** Of all but the peers. */
  readonly #measuring = new AbortController();
  readonly #startedAt: number;
  readonly #startedAtWall: string;
  readonly #records = new Map<string, ProbeRecord>();
  /** Whether {@link DiagnoseOptions.onWireFinal} was called. */
  #hasToldWire = false;
  /** The number of records with which the colour was found to be final. Kept, so that it is computed only once. */
  #settledWith = Number.POSITIVE_INFINITY;

  constructor(plan: DiagnosePlan, listening: Listening) {
    this.#plan = plan;
    this.#listening = listening;
    this.#startedAt = plan.environment.monotonic();
    this.#startedAtWall = new Date(plan.environment.clock.now()).toISOString();
    // Each run and each of its sockets listens: many listeners are not a leak here.
    setMaxListeners(0, this.#end.signal, this.#measuring.signal);
  }

  async report(): Promise<LocalReport> {
    const { deadline, measuringEndsMs } = this.#plan;
    const timers = [
      setTimeout(() => this.#stop('deadline'), deadline),
      setTimeout(() => this.#measuring.abort(new ReportEnded('deadline')), measuringEndsMs),
    ];
    const forget = onAbort(this.#listening.signal ?? undefined, () => this.#stop('aborted'));
    try {
      const records = await this.#runAll();
      const report = this.#reportOf(records);
      this.#tellWire(records, report);
      return report;
    } finally {
      for (const timer of timers) clearTimeout(timer);
      forget();
    }
  }

  #reportOf(records: readonly ProbeRecord[]): LocalReport {
    const { relays, relaysFrom, stun, probes, notes, endpoint, deadline } = this.#plan;
    const { reason } = this.#end.signal;
    return {
      version: REPORT_VERSION,
      generator: GENERATOR,
      startedAt: this.#startedAtWall,
      durationMs: Math.round(this.#elapsed() * 1000) / 1000,
      deadlineMs: deadline,
      endedBy: reason instanceof ReportEnded ? reason.by : 'finished',
      settings: { relays, relaysFrom, stunServers: stun.map(formatStunServer), probes },
      endpoint,
      notes,
      probes: records,
      ...this.#conclude(records),
    };
  }

  /** All records in the order of the plan, not in the order in which they ended. */
  #runAll(): Promise<ProbeRecord[]> {
    const { relays, endpoint, stun, peers, probes, environment } = this.#plan;
    const targets = { relays, endpoint, stunServers: stun, peers, env: environment.env };
    const chosen = PROBES.filter(({ name }) => probes.includes(name));
    const runs = chosen.flatMap((probe) => planRuns(probe, targets));
    const context = this.#context();
    const ofPeers = {
      ...context,
      signal: this.#end.signal,
      remaining: () => this.#left(this.#plan.deadline),
    };
    return Promise.all(runs.map((run) => this.#runOne(run, runs, run.probe === PEER ? ofPeers : context)));
  }

  async #runOne(run: NamedRun, runs: readonly NamedRun[], context: ProbeContext): Promise<ProbeRecord> {
    const { ref } = run;
    const total = runs.length;
    this.#tell({ phase: 'started', ref, done: this.#records.size, total });
    const record = await runProbe(run, context);
    this.#records.set(ref, record);
    // In the order of the plan, as in the report: the verdict may depend on the order.
    const soFar = () => runs.flatMap((each) => this.#records.get(each.ref) ?? []);
    if (this.#listening.onProbe !== null) {
      const records = soFar();
      const concluded = onDemand(() => this.#soFar(runs, records));
      this.#tell({
        ...{ phase: 'ended', ref, record, done: this.#records.size, total },
        // Computed on read: a listener that only makes spans does not need it.
        get soFar() {
          return concluded();
        },
      });
    }
    if (this.#records.size < total && this.#isWireSettled(runs)) this.#tellWire(soFar());
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
    if (records.length < this.#settledWith) {
      const { relays, isPublicAddress } = this.#plan;
      const colour = (all: readonly ProbeRecord[]) => colourOf(judgeOnRead(all, relays, isPublicAddress));
      if (isSettled(runs, { records, relays }, colour)) this.#settledWith = records.length;
    }
    return { summary, isFinal: records.length >= this.#settledWith };
  }

  /** Whether no run that is out can change what the platform is told. */
  #isWireSettled(runs: readonly NamedRun[]): boolean {
    if (this.#hasToldWire || this.#listening.onWireFinal === null) return false;
    const told = runs.filter(entersWireReport);
    const open = told.filter(({ ref }) => !this.#records.has(ref));
    // What any other run sees is in it. An exchange only shows whether UDP works, which may be known.
    if (!open.every(({ probe, target }) => probe === 'qad' && target === 'exchange')) return false;
    const { relays, isPublicAddress, endpoint } = this.#plan;
    const records = told.flatMap(({ ref }) => this.#records.get(ref) ?? []);
    return isSettled(told, { records, relays }, (all) =>
      wireTextOf({ endpoint, verdict: judgeOnRead(all, relays, isPublicAddress) }),
    );
  }

  /** Ends the report once it is known that no destination has a route: nothing more can be measured then. */
  #endWithoutRoute(runs: readonly NamedRun[]): void {
    const isWaiting = runs.some(({ probe, ref }) => WITHOUT_ROUTE.has(probe) && !this.#records.has(ref));
    if (isWaiting || this.#end.signal.aborted) return;
    if (hasNoRoute([...this.#records.values()])) this.#stop('no-route');
  }

  #context(): ProbeContext {
    const { environment, measuringEndsMs, ca } = this.#plan;
    const { signal } = this.#measuring;
    const remaining = () => this.#left(measuringEndsMs);
    return {
      signal,
      elapsed: () => this.#elapsed(),
      remaining,
      resolver: new Resolver(environment.lookup, signal, remaining, (family) => isRouted(family, signal)),
      headStart: new HeadStart(),
      firstAnswerMs: new Map(),
      lastTlsAnswerMs: new Map(),
      tls: tlsTrust(environment.bundledRoots, ca, environment.machineRoots),
      gateways: environment.gateways,
      gatewayPorts: environment.gatewayPorts,
      portalPort: environment.portalPort,
    };
  }

  #left(untilMs: number): number {
    return Math.max(0, untilMs - this.#elapsed());
  }

  #elapsed(): number {
    return this.#plan.environment.monotonic() - this.#startedAt;
  }

  #stop(by: ReportEnded['by']): void {
    const reason = new ReportEnded(by);
    this.#measuring.abort(reason);
    this.#end.abort(reason);
  }

  /** @param whole - the report of these records, once it is made */
  #tellWire(records: readonly ProbeRecord[], whole?: LocalReport): void {
    if (this.#hasToldWire || this.#listening.onWireFinal === null) return;
    this.#hasToldWire = true;
    // What a peer showed would change it, yet the platform does not wait for peers: it must not depend on who is first.
    const withoutPeers = records.filter(({ probe }) => probe !== PEER);
    const hasPeers = withoutPeers.length < records.length;
    const told = whole === undefined || hasPeers ? this.#reportOf(withoutPeers) : whole;
    notify(this.#listening.onWireFinal, told);
  }

  #tell(event: ProbeEvent): void {
    notify(this.#listening.onProbe, event);
  }
}

/** Calls `make` on the first call only, and returns its value each time. */
function onDemand<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
