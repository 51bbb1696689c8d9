import { useEffect, useState } from 'preact/hooks';
import { Guard } from '../components/guard.js';
import { nameText, sourceText } from '../words/endpoints.js';
import { dateTime } from '../words/format.js';
import { About } from './about.js';
import { CopyButton } from './copy-button.js';
import { Frame, type PageProps } from './frame.js';
import { History } from './history.js';
import { MetricChart } from './metric-chart.js';
import { Metrics } from './metrics.js';
import { Report } from './report.js';
import { RunPanel } from './run-panel.js';
import { useEndpoint } from './use-endpoint.js';

/** One endpoint with its button, report, history and metrics. */
export function EndpointPage(props: PageProps) {
  const { id, root, project, me } = props;
  const plain = `${root}/projects/${project}/endpoints`;
  const { connection, details, history, metrics, report, run, isPressed, press, older, pick } =
    useEndpoint(id);
  const endpoint = details?.endpoint ?? null;
  const name = endpoint === null ? null : nameText(endpoint);
  const [list, setList] = useState(plain);
  // With the filter that the reader came from.
  useEffect(() => setList(listBefore(plain)), []);
  useEffect(() => {
    if (name !== null) document.title = `${name} · Net Diagnostics`;
  }, [name]);
  return (
    <Frame
      {...props}
      section="endpoints"
      connection={connection}
      of={details}
      heading={
        <div class="heading">
          <p class="crumb">
            <a href={list}>← Endpoints</a>
          </p>
          <div class="line">
            <h1>{name ?? 'Loading…'}</h1>
            {endpoint !== null && (
              <span class={endpoint.isOnline ? 'chip green' : 'chip'}>
                {endpoint.isOnline ? 'Online' : 'Offline'}
              </span>
            )}
          </div>
          <div class="line">
            <span class="mono muted">{id}</span>
            <CopyButton text={id}>Copy id</CopyButton>
          </div>
        </div>
      }
    >
      <RunPanel
        button={endpoint?.button ?? null}
        run={run}
        isPressed={isPressed}
        onPress={me?.may('runs:write', project) === true ? press : null}
      />
      <section class="card" aria-labelledby="report-title">
        <h2 id="report-title">Report</h2>
        {report === null ? (
          <p class="muted">No report yet.</p>
        ) : (
          <Guard of={report} instead={(message) => <p class="notice">It cannot be shown: {message}</p>}>
            <Report report={report} about={`${sourceText(report)} · ${dateTime(report.receivedAt)}`} />
          </Guard>
        )}
      </section>
      <div class="columns">
        <section class="card" aria-labelledby="history-title">
          <h2 id="history-title">History</h2>
          <History history={history} shownId={report?.id ?? null} onOlder={older} onPick={pick} />
        </section>
        <section class="card" aria-labelledby="about-title">
          <h2 id="about-title">About</h2>
          {endpoint !== null && <About endpoint={endpoint} />}
        </section>
      </div>
      <section class="card" aria-labelledby="metrics-title">
        <h2 id="metrics-title">Metrics</h2>
        {metrics?.items[0] === undefined ? (
          <p class="muted">No metrics yet.</p>
        ) : (
          <>
            <MetricChart id={id} updatedAt={metrics.items[0].updatedAt} />
            <Metrics session={metrics.items[0]} />
          </>
        )}
      </section>
    </Frame>
  );
}

/** The URL of the list, as it was when the reader left it for this page. @param plain - without anything chosen */
function listBefore(plain: string): string {
  const { href } = new URL(plain, location.href);
  return document.referrer.startsWith(`${href}?`) ? document.referrer : plain;
}
