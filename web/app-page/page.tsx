import { useEffect } from 'preact/hooks';
import { Guard } from '../components/guard.js';
import { Brand, Live, Notice, PageFrame } from '../components/page-frame.js';
import { viewChecklist } from '../words/checklist.js';
import { shortId } from '../words/format.js';
import { Checklist } from './checklist.js';
import { Copy } from './copy.js';
import { Report } from './report.js';
import { RunPanel } from './run-panel.js';
import { useLatest } from './use-latest.js';
import { useRun } from './use-run.js';
import { VerdictPanel } from './verdict-panel.js';

/** The app's own page. */
export function Page() {
  const { latest, show } = useLatest();
  const { status, report, at, isLive, trouble } = latest;
  const { run, start } = useRun(show);
  const name = status?.name ?? null;
  useEffect(() => {
    if (name !== null) document.title = `${name} · Net Diagnostics`;
  }, [name]);
  const checklist = status === null ? null : viewChecklist(status, report ?? null, at);
  const who = status?.endpointId == null ? '' : ` Endpoint ${shortId(status.endpointId)}.`;
  return (
    <PageFrame
      bar={
        <>
          <span class="brand">
            <Brand />
          </span>
          <Live isOn={isLive === true}>
            {isLive === null ? 'Connecting…' : isLive ? 'Up to date' : 'Not up to date'}
          </Live>
        </>
      }
    >
      <noscript>
        <p class="notice">
          This page needs JavaScript. Without it: <a href="./report.txt">the latest report as text</a>.
        </p>
      </noscript>
      <div class="heading">
        <div class="line">
          <h1>{name ?? 'Network of this app'}</h1>
          {checklist !== null && (
            <a class={checklist.isReady ? 'chip green' : 'chip'} href="#button">
              {checklist.isReady ? 'Platform’s button: ready' : 'Platform’s button: grey'}
            </a>
          )}
        </div>
        <p class="muted small">Measured by the app, on the machine it runs on.{who}</p>
      </div>
      <Notice text={trouble} />
      <section class="card run" aria-labelledby="verdict-title">
        <h2 id="verdict-title" class="visually-hidden">
          Verdict
        </h2>
        <VerdictPanel report={report} at={at} />
        <RunPanel run={run} onPress={start} />
      </section>
      <div class="sections">
        {report != null && (
          <Guard
            of={report}
            instead={(message) => <p class="notice">The report cannot be shown: {message}</p>}
          >
            <Report report={report} />
          </Guard>
        )}
      </div>
      <Checklist view={checklist} trouble={status?.lastError ?? null} />
      <Copy isThere={report != null} />
    </PageFrame>
  );
}
