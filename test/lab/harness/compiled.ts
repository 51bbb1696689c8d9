import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMPILED, compile } from '../../support/compile.js';

/** One of this folder's `…-here.ts` in one file of JavaScript, for processes in other namespaces. */
export class Compiled {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async build(file: string): Promise<Compiled> {
    const folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-lab-'));
    await compile(join(import.meta.dirname, file), folder);
    return new Compiled(folder);
  }

  /** The command line that runs it. `options`: plain JSON, its only argument. */
  command(options: object): string[] {
    return [process.execPath, join(this.#folder, COMPILED), JSON.stringify(options)];
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }
}
