/** `app.js`: keeps the page as the app is. */
export const APP_JS = /* js */ `
import { showStatus } from './checklist.js';
import { setUpCopy } from './copy.js';
import { byId, setText } from './dom.js';
import { refreshAge, showNoReport, showReport } from './local-report.js';
import { setUpRun } from './run.js';
import { viewProblem } from './run-view.js';

/** How often the status is asked for while somebody looks, in milliseconds. */
const POLL_MS = 4000;

/** @type {LocalReport | null} */
let shown = null;
/** As the status told it; a report is fetched when this changes. */
let lastReportAt;

function show(report) {
  if (shown !== null && shown.startedAt === report.startedAt) return;
  shown = report;
  showReport(report);
  byId('copy').hidden = false;
}

async function getJson(path) {
  const response = await fetch(path, { headers: { accept: 'application/json' } });
  const answer = await response.json().catch(() => null);
  if (response.ok && answer !== null) return answer;
  throw new Error(viewProblem(response.status, answer, null).text);
}

async function load() {
  const status = await getJson('./status');
  showStatus(status, shown);
  if (shown !== null) refreshAge(shown);
  if (status.lastReportAt === lastReportAt) return;
  if (status.lastReportAt === null) showNoReport();
  else show(await getJson('./report'));
  lastReportAt = status.lastReportAt;
  showStatus(status, shown);
}

function showConnection(error) {
  const [dot, words] = byId('live').children;
  dot.classList.toggle('on', error === null);
  setText(words, error === null ? 'Up to date' : 'Not up to date');
  // What fetch throws is no sentence.
  const text = error instanceof TypeError ? 'The app does not answer: is it running?' : (error?.message ?? '');
  const notice = byId('error');
  setText(notice, text);
  notice.hidden = text === '';
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let isLoading = false;

async function keepUpToDate() {
  clearTimeout(timer);
  if (isLoading) return;
  isLoading = true;
  showConnection(await load().then(() => null, (error) => error));
  isLoading = false;
  // A page that nobody looks at asks nothing; the event below wakes it.
  if (!document.hidden) timer = setTimeout(keepUpToDate, POLL_MS);
}

setUpCopy();
setUpRun(show);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) keepUpToDate();
});
keepUpToDate();
`;
