import { useEffect, useState } from 'preact/hooks';
import { advance, type RunState } from '../words/dial-back.js';
import type { EndpointAnswer, HistoryAnswer, MetricsAnswer, ReportJson, RunProgress } from './answers.js';
import { getJson, inProject, messageOf, postJson } from './api.js';
import { type Connection, useUpdates } from './use-updates.js';

/** One endpoint, and what its page can do with it. */
export interface EndpointModel {
  connection: Connection;
  /** `null` until it is loaded, like the others. */
  details: EndpointAnswer | null;
  /** As far as it is loaded. */
  history: HistoryAnswer;
  metrics: MetricsAnswer | null;
  report: ReportJson | null;
  run: RunState | null;
  /** Whether a click on the button is being sent. */
  isPressed: boolean;
  press(): void;
  /** Loads more of the history. */
  older(): void;
  /** Shows a report until a new one comes. */
  pick(reportId: string): void;
}

export function useEndpoint(id: string): EndpointModel {
  const [details, setDetails] = useState<EndpointAnswer | null>(null);
  const [history, setHistory] = useState<HistoryAnswer>({ items: [], next: null });
  const [metrics, setMetrics] = useState<MetricsAnswer | null>(null);
  const [report, setReport] = useState<ReportJson | null>(null);
  const [run, setRun] = useState<RunState | null>(null);
  const [isPressed, setIsPressed] = useState(false);
  /** `null` follows the newest. */
  const [pickedId, pick] = useState<string | null>(null);
  const showProgress = (progress: RunState['progress']) => setRun((before) => advance(before, progress));

  const connection = useUpdates(() => ({
    events: `events?endpoint=${id}`,
    load: async () => {
      const loaded = await getJson<EndpointAnswer>(inProject(`endpoints/${id}`));
      setDetails(loaded);
      setHistory((before) => withNewest(before, loaded.reports));
      if (loaded.endpoint.run !== null) showProgress(loaded.endpoint.run);
      setMetrics(await getJson<MetricsAnswer>(inProject(`endpoints/${id}/metrics`)));
    },
    handlers: {
      changed: () => true,
      run: (progress: RunProgress) => {
        showProgress(progress);
        // The user has waited for a new report, so it is shown, whatever was picked before.
        if (progress.phase === 'done') pick(null);
        return true;
      },
    },
  }));

  const { showError, refresh } = connection;
  const wantedId = pickedId ?? details?.reports.items[0]?.id ?? null;
  // After each load of the endpoint the report is tried again.
  useEffect(() => {
    if (wantedId === null || wantedId === report?.id) return;
    let isWanted = true;
    getJson<ReportJson>(inProject(`reports/${wantedId}`)).then(
      // Another one may have been picked in the meantime.
      (loaded) => isWanted && setReport(loaded),
      (error: unknown) => isWanted && showError(messageOf(error)),
    );
    return () => {
      isWanted = false;
    };
  }, [wantedId, details]);

  const press = async () => {
    setIsPressed(true);
    setRun(advance(null, { phase: 'connecting', elapsedMs: 0 }));
    try {
      await postJson(inProject(`endpoints/${id}/runs`));
    } catch (error) {
      showProgress({ phase: 'failed', elapsedMs: 0, failure: { message: messageOf(error) } });
    }
    // Waits for the load: until then the button would look as it did before the click.
    await refresh();
    setIsPressed(false);
  };
  const older = async () => {
    const before = history.next ?? '';
    const path = inProject(`endpoints/${id}/reports?before=${before}`);
    const answer = await getJson<HistoryAnswer>(path).catch((error: unknown) => showError(messageOf(error)));
    if (answer === undefined) return;
    setHistory((known) =>
      // The same page may have been asked for twice.
      known.next === before ? { ...answer, items: [...known.items, ...answer.items] } : known,
    );
  };
  return {
    ...{ connection, details, history, metrics, report, run, isPressed, pick },
    press: () => void press(),
    older: () => void older(),
  };
}

/** The newest page of a history, and of what was known before all that is older. */
function withNewest(known: HistoryAnswer, { items, next }: HistoryAnswer): HistoryAnswer {
  if (next === null) return { items, next };
  const older = known.items.filter(({ id }) => id < next);
  return older.length === 0 ? { items, next } : { items: [...items, ...older], next: known.next };
}
