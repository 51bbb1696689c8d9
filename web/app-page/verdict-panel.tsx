import type { LocalReport } from '../../lib/index.js';
import { Guard } from '../components/guard.js';
import { Verdict } from '../components/verdict.js';
import { ago, dateTime } from '../words/format.js';
import { viewLocalReport } from '../words/local-report.js';
import type { VerdictView } from '../words/view.js';
import type { Latest } from './use-latest.js';

const NO_REPORT: VerdictView = {
  level: 'grey',
  headline: 'No report yet',
  sentence:
    'Nothing was measured since the app started. Run the diagnostics to see how its network looks from here.',
};

/** The verdict of the latest report. */
export function VerdictPanel({ report, at }: Pick<Latest, 'report' | 'at'>) {
  return (
    <div id="verdict">
      {report === undefined ? (
        <p class="muted">Loading… If nothing comes, add a slash to the end of the address.</p>
      ) : report === null ? (
        <Verdict view={NO_REPORT} />
      ) : (
        <Guard of={report} instead={(message) => <p class="notice">The report cannot be shown: {message}</p>}>
          <Measured report={report} now={at} />
        </Guard>
      )}
    </div>
  );
}

function Measured({ report, now }: { report: LocalReport; now: number }) {
  const view = viewLocalReport(report);
  const { startedAt, generator } = report;
  const at = Date.parse(startedAt);
  return (
    <Verdict view={view}>
      <span title={generator}>
        Measured {ago(at, now)}, <time dateTime={startedAt}>{dateTime(at)}</time>, {view.took}.
      </span>
    </Verdict>
  );
}
