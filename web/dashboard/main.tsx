import { type ComponentType, hydrate } from 'preact';
import '../styles/tokens.css';
import '../styles/page.css';
import '../styles/report.css';
import './dashboard.css';
import './bar.css';
import './entries.css';
import './chart.css';
import { takeCode } from './code-in-url.js';
import type { PageProps } from './frame.js';
import { rememberProject } from './last-project.js';
import { PAGES } from './pages.js';
import { forgetMe, useMe } from './use-me.js';

// One script for all pages: a browser that has loaded one page has the script for the others.
const { page: name = '', root = '.', project = '' } = document.documentElement.dataset;
const container = document.getElementById('page');
if (container !== null && Object.hasOwn(PAGES, name)) {
  if (project !== '') rememberProject(project);
  const [, Page] = PAGES[name as keyof typeof PAGES];
  hydrate(<App Page={Page} />, container);
} else {
  forgetMe();
  takeCode();
}

function App({ Page }: { Page: ComponentType<PageProps> }) {
  const [me, refreshMe] = useMe();
  const id = location.pathname.split('/').pop() ?? '';
  return <Page {...{ root, project, id, me, refreshMe }} />;
}
