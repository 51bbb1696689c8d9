import type { ComponentChildren } from 'preact';
import { renderDocument } from '../document.js';
import { ErrorPage } from './error-page.js';
import { LoginPage } from './login-page.js';
import { DOORS, PAGES } from './pages.js';

/**
 * All pages before their script runs. The server fills in what is in `{{}}`, and leaves out what is between `{{#name}}` and
 * `{{/name}}` where the text of that name is empty.
 */
export function markup({ script, style }: { script: string; style: string }): Record<string, string> {
  const root = '{{root}}';
  const project = '{{project}}';
  const document = (title: string, data: Record<string, string>, children: ComponentChildren) =>
    renderDocument({
      title: `${title} · Net Diagnostics`,
      style: `${root}/assets/${style}`,
      script: `${root}/assets/${script}`,
      data: { root, ...data },
      children,
    });
  const pages = Object.entries(PAGES).flatMap(([name, { title, Component }]) =>
    [false, true].map((hasLogin) => [
      hasLogin ? `${name}WithLogin` : name,
      document(
        title,
        { page: name, login: hasLogin ? 'yes' : 'no', project },
        <Component root={root} project={project} hasLogin={hasLogin} id="" />,
      ),
    ]),
  );
  const login = (refusal: string | null) =>
    document('Log in', { page: 'login' }, <LoginPage root={root} refusal={refusal} />);
  return {
    ...Object.fromEntries(pages),
    ...Object.fromEntries(
      Object.entries(DOORS).map(([name, [title, Page]]) => [name, document(title, { page: name }, <Page />)]),
    ),
    login: login(null),
    refusedLogin: login('{{message}}'),
    error: document(
      'Error {{status}}',
      { page: 'error' },
      <ErrorPage root={root} status="{{status}}" message="{{message}}" />,
    ),
  };
}
