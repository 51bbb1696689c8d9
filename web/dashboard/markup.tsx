import type { ComponentChildren } from 'preact';
import { renderDocument } from '../document.js';
import { ErrorPage } from './error-page.js';
import { LoginPage } from './login-page.js';
import { PAGES } from './pages.js';

/** All pages before their script runs. The server fills in what is in `{{}}`. */
export function markup({ script, style }: { script: string; style: string }): Record<string, string> {
  const document = (title: string, root: string, data: Record<string, string>, children: ComponentChildren) =>
    renderDocument({
      title: `${title} · Net Diagnostics`,
      style: `${root}/assets/${style}`,
      script: `${root}/assets/${script}`,
      data: { root, ...data },
      children,
    });
  const pages = Object.entries(PAGES).flatMap(([name, { title, root, Component }]) =>
    [false, true].map((hasLogin) => [
      hasLogin ? `${name}WithLogin` : name,
      document(
        title,
        root,
        { page: name, login: hasLogin ? 'yes' : 'no' },
        <Component root={root} hasLogin={hasLogin} id="" />,
      ),
    ]),
  );
  const root = '{{root}}';
  const login = (refusal: string | null) =>
    document('Log in', root, { page: 'login' }, <LoginPage root={root} refusal={refusal} />);
  return {
    ...Object.fromEntries(pages),
    login: login(null),
    refusedLogin: login('{{message}}'),
    error: document(
      'Error {{status}}',
      root,
      { page: 'error' },
      <ErrorPage root={root} status="{{status}}" message="{{message}}" />,
    ),
  };
}
