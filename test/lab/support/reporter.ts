import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build, type Plugin } from 'vite';
import type { LocalReport } from '../../../lib/report/index.js';
import type { Lab } from './lab.js';

const ROOT = resolve(import.meta.dirname, '../../..');

// Documentation ranges play the Internet.
const SOURCE = `
import { diagnose } from './lib/diagnose.js';
import { isPublicAddress } from './lib/report/index.js';
const options = JSON.parse(process.argv[2]);
const isPublic = (ip) => /^(203\\.0\\.113|198\\.51\\.100)\\./.test(ip) || isPublicAddress(ip);
const report = await diagnose({ ...options, isPublicAddress: isPublic, environment: { env: {} } });
console.log(JSON.stringify(report));`;

/** What a report in a lab is asked for; plain JSON. */
export interface LabReportOptions {
  probes?: readonly string[];
  stunServers?: readonly string[];
  relays?: readonly { url: string }[];
  deadlineMs?: number;
}

/** The library as one file, for processes in other namespaces: nothing of this process comes along. */
export class Reporter {
  private constructor(private readonly folder: string) {}

  static async compile(): Promise<Reporter> {
    const folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-lab-reporter-'));
    const entry = join(ROOT, 'lab-entry.ts');
    const virtual: Plugin = {
      name: 'lab-entry',
      enforce: 'pre',
      resolveId: (id) => (id === entry ? id : null),
      load: (id) => (id === entry ? SOURCE : null),
    };
    await build({
      root: ROOT,
      ...{ configFile: false, envFile: false, publicDir: false, logLevel: 'error' },
      plugins: [virtual],
      ssr: { noExternal: true },
      build: {
        ssr: entry,
        outDir: folder,
        emptyOutDir: false,
        minify: false,
        rolldownOptions: { output: { entryFileNames: 'main.mjs' } },
      },
    });
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    return new Reporter(folder);
  }

  /** A whole report of a fresh process in that namespace. */
  async report(lab: Lab, namespace: string, options: LabReportOptions): Promise<LocalReport> {
    const program = [process.execPath, join(this.folder, 'main.mjs'), JSON.stringify(options)];
    return JSON.parse(await lab.exec(namespace, program));
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
