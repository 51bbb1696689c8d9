import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import type { DiagnoseOptions } from '../../../lib/diagnose.js';
import type { LocalReport } from '../../../lib/report/index.js';
import type { Lab } from './lab.js';

/** What a report is asked for; plain JSON. */
export type ReportOptions = Pick<DiagnoseOptions, 'relays' | 'stunServers' | 'probes' | 'deadlineMs' | 'ca'>;

/** A report, with how long `diagnose()` took by the clock of its own process. */
export interface Reported {
  ms: number;
  report: LocalReport;
}

/** The library in one file of JavaScript, for processes in other namespaces: nothing of this one comes along. */
export class Reporter {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async build(): Promise<Reporter> {
    const outDir = await mkdtemp(join(tmpdir(), 'net-diagnostics-lab-'));
    await build({
      ...{ configFile: false, envDir: false, publicDir: false, logLevel: 'error' },
      ssr: { noExternal: true },
      build: {
        ssr: fileURLToPath(new URL('report-here.ts', import.meta.url)),
        outDir,
        target: 'node20',
        minify: false,
        rolldownOptions: { output: { entryFileNames: 'report-here.mjs' } },
      },
    });
    return new Reporter(outDir);
  }

  /** A report of a fresh process on a host. */
  async report(lab: Lab, host: string, options: ReportOptions): Promise<Reported> {
    const [first] = await this.reports(lab, host, options, 1);
    if (first === undefined) throw new Error('the process made no report');
    return first;
  }

  /** So many reports of one fresh process, one after the other. */
  async reports(lab: Lab, host: string, options: ReportOptions, times: number): Promise<Reported[]> {
    const program = [process.execPath, join(this.#folder, 'report-here.mjs')];
    const output = await lab.run(host, [...program, JSON.stringify({ ...options, times })]);
    return output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Reported);
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }
}
