import type { ComponentChildren } from 'preact';
import { renderDocument } from '../document.js';
import { ErrorPage } from './error-page.js';
import type { PageProps } from './frame.js';
import { DOORS, PAGES } from './pages.js';

/**
 * All pages before their script runs. The server fills in what is in `{{}}`, and leaves out what is between `{{#name}}` and
 * `{{/name}}` where the text of that name is empty.
 */
export function markup({ script, style }: { script: string; style: string }): Record<string, string> {
  const document = (title: string, data: Record<string, string>, children: ComponentChildren) =>
    renderDocument({
      title: `${title} · Net Diagnostics`,
      style: `{{root}}/assets/${style}`,
      script: `{{root}}/assets/${script}`,
      data: { root: '{{root}}', ...data },
      children,
    });
  const project = '{{project}}';
  const props: PageProps = { root: '{{root}}', project, id: '', me: null, refreshMe: () => {} };
  return Object.fromEntries([
    ...Object.entries(PAGES).map(([name, [title, Page]]) => [
      name,
      document(title, { page: name, project }, <Page {...props} />),
    ]),
    ...Object.entries(DOORS).map(([name, [title, Page]]) => [
      name,
      document(title, { page: name }, <Page />),
    ]),
    ['error', document('Error {{status}}', { page: 'error' }, <ErrorPage />)],
  ]);
}
