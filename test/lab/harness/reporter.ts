import type { DiagnoseOptions } from '../../../lib/diagnose/index.js';
import type { LocalReport } from '../../../lib/report/index.js';
import type { RelayOption } from '../../../lib/wire/index.js';
import { Compiled } from './compiled.js';
import type { Lab } from './lab.js';

/** What a report is asked for; plain JSON. */
export interface ReportOptions extends Pick<DiagnoseOptions, 'probes' | 'deadline' | 'ca'> {
  relays?: readonly RelayOption[];
  stun?: readonly string[];
  /** Whether progress is listened to, for {@link Reported.colourMs}. Default: no. */
  timesColour?: boolean;
  /** Peers to try, as `report --peer` takes them. Default: none. */
  peers?: readonly string[];
  /** Environment variables of the app. Default: none. */
  env?: Readonly<Record<string, string>>;
}

/** A report, with how long `diagnose()` took by the clock of its own process. */
export interface Reported {
  ms: number;
  /** Until the colour was final; null: it was not asked for, see {@link ReportOptions.timesColour}. */
  colourMs: number | null;
  report: LocalReport;
}

/** Makes reports in other namespaces: nothing of this process comes along. */
export class Reporter {
  readonly #program: Compiled;

  private constructor(program: Compiled) {
    this.#program = program;
  }

  static async build(): Promise<Reporter> {
    return new Reporter(await Compiled.build('report-here.ts'));
  }

  /** A report of a fresh process on a host. `env`: of the process. */
  async report(
    lab: Lab,
    host: string,
    options: ReportOptions,
    env: NodeJS.ProcessEnv = {},
  ): Promise<Reported> {
    const [first] = await this.reports(lab, host, options, 1, env);
    if (first === undefined) throw new Error('the process made no report');
    return first;
  }

  /** So many reports of one fresh process, one after the other. */
  async reports(
    lab: Lab,
    host: string,
    options: ReportOptions,
    times: number,
    env: NodeJS.ProcessEnv = {},
  ): Promise<Reported[]> {
    const output = await lab.run(host, this.#program.command({ ...options, times }), env);
    return output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Reported);
  }

  remove(): Promise<void> {
    return this.#program.remove();
  }
}
