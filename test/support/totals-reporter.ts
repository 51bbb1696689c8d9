import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Ends every run with plain lines that a person and `grep` can read: tests that passed at their second try only, and the totals. */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const totals = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    const unsteady: string[] = [];
    for (const module of modules) {
      let own = 0;
      for (const test of module.children.allTests()) {
        own += 1;
        const { state } = test.result();
        if (state === 'passed' || state === 'failed' || state === 'skipped') totals[state] += 1;
        if (test.diagnostic()?.flaky) unsteady.push(nameOf(test));
      }
      // A file that could not even be loaded holds no tests, and must not look like success.
      if (own === 0 && !module.ok()) totals.failed += 1;
    }
    for (const name of unsteady) console.log(`passed at the second try: ${name}`);
    console.log(`\nTests: ${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  }
}

function nameOf(test: TestCase): string {
  return `${test.module.relativeModuleId} > ${test.fullName}`;
}
