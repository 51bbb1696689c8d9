import { sourceText } from '../words/endpoints.js';
import { ago, dateTime } from '../words/format.js';
import type { HistoryAnswer } from './answers.js';
import { useNow } from './use-now.js';

/** The reports of an endpoint; one of them is on the screen. */
export function History({
  history: { items: reports, next },
  shownId,
  onOlder,
  onPick,
}: {
  history: HistoryAnswer;
  shownId: string | null;
  onOlder(): void;
  onPick(reportId: string): void;
}) {
  const now = useNow();
  if (reports.length === 0) return <p class="muted">No reports yet.</p>;
  return (
    <ul class="history">
      {reports.map((report) => (
        <li key={report.id}>
          <button
            type="button"
            title={dateTime(report.receivedAt)}
            aria-pressed={report.id === shownId}
            onClick={() => onPick(report.id)}
          >
            <span class={`chip ${report.level}`}>{report.headline}</span>
            <span class="small">
              {sourceText(report)}, {ago(report.receivedAt, now)}
            </span>
          </button>
        </li>
      ))}
      {next !== null && (
        <li>
          <button type="button" class="older" onClick={onOlder}>
            Older reports
          </button>
        </li>
      )}
    </ul>
  );
}
