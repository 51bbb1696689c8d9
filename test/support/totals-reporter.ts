import { loadavg } from 'node:os';
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node';

/** What a test of the quick run may take, in milliseconds: by then it belongs to those that are tagged `slow`. */
const QUICK_MS = 5_000;

/**
 * Ends every run with plain lines that a person and `grep` can read: tests that passed at their second try only, in a quick run those
 * that are not quick, and the totals.
 */
export default class TotalsReporter implements Reporter {
  #isQuick = false;
  #workers = 0;

  onInit(vitest: Vitest): void {
    this.#isQuick = vitest.config.tagsFilter?.includes('!slow') ?? false;
    this.#workers = Number(vitest.config.maxWorkers);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const totals = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    const unsteady: string[] = [];
    const slow: string[] = [];
    for (const module of modules) {
      let own = 0;
      for (const test of module.children.allTests()) {
        own += 1;
        const { state } = test.result();
        if (state === 'passed' || state === 'failed' || state === 'skipped') totals[state] += 1;
        const { flaky = false, duration = 0 } = test.diagnostic() ?? {};
        if (flaky) unsteady.push(nameOf(test));
        else if (this.#isQuick && duration > QUICK_MS)
          slow.push(`${nameOf(test)}, ${Math.round(duration)} ms`);
      }
      // A file that could not even be loaded holds no tests, and must not look like success.
      if (own === 0 && !module.ok()) totals.failed += 1;
    }
    for (const name of unsteady) console.log(`passed at the second try: ${name}`);
    // Where others keep the machine busy, everything is slow.
    const isBusy = (loadavg()[0] ?? 0) > 2 * this.#workers;
    for (const name of isBusy ? [] : slow) console.log(`slow, though not tagged so: ${name}`);
    console.log(`\nTests: ${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  }
}

function nameOf(test: TestCase): string {
  return `${test.module.relativeModuleId} > ${test.fullName}`;
}
