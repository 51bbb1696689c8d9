import type { Reporter, TestModule } from 'vitest/node';

/** Ends every run with one plain line that a person and `grep` can read. */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const totals = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      let own = 0;
      for (const test of module.children.allTests()) {
        own += 1;
        const { state } = test.result();
        if (state === 'passed' || state === 'failed' || state === 'skipped') totals[state] += 1;
      }
      // A file that could not even be loaded holds no tests, and must not look like success.
      if (own === 0 && !module.ok()) totals.failed += 1;
    }
    console.log(`\nTests: ${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  }
}
