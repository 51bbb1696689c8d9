/** The pages' markup: frames without data, which their scripts fill. */
import { escapeHtml, htmlPage } from '../../lib/ui/index.js';

type Section = 'endpoints' | 'secrets' | null;

/** Makes a page. `hasLogin`: whether there is something to log out from. */
export type MakePage = (hasLogin: boolean) => string;

/** The list of endpoints, at `/`. */
export const endpointsPage = page('Endpoints', '.', 'endpoints', 'endpoints.js', [
  '<div class="heading"><h1>Endpoints</h1><p id="summary" class="muted">Loading…</p></div>',
  '<p id="error" class="notice" role="alert" hidden></p>',
  '<label id="filter-field" class="field filter" for="filter" hidden>Filter by name, <code>group:name</code> or',
  '<code>key=value</code><input id="filter" type="search" autocomplete="off" spellcheck="false"></label>',
  '<ul id="endpoints" class="endpoints" aria-label="Endpoints"></ul>',
  '<p id="no-match" class="muted" hidden>No endpoint matches the filter.</p>',
  '<section id="empty" class="card empty" hidden><h2>No endpoint yet</h2>',
  '<p>Create an <a href="./secrets">API secret</a>, give it to your app as',
  '<code class="mono">IROH_SERVICES_API_SECRET</code> and start it: it appears here by itself.</p></section>',
]);

/** One endpoint, at `/endpoints/<id>`. */
export const endpointPage = page('Endpoint', '..', 'endpoints', 'endpoint.js', [
  '<div class="heading"><p class="crumb"><a href="../">← Endpoints</a></p>',
  '<div class="line"><h1 id="name">Loading…</h1><span id="state" class="chip"></span></div>',
  '<div class="line"><span id="full-id" class="mono muted"></span><span id="copy-id"></span></div></div>',
  '<p id="error" class="notice" role="alert" hidden></p>',
  '<section class="card run" aria-labelledby="run-title"><h2 id="run-title" class="visually-hidden">Diagnostics</h2>',
  '<div class="press"><button id="run" type="button" class="primary" disabled aria-describedby="run-reason">',
  'Run Diagnostics</button><p id="run-reason" class="muted"></p></div>',
  '<ol id="steps" class="steps" hidden aria-hidden="true"></ol>',
  '<p id="progress" role="status"></p></section>',
  '<section class="card" aria-labelledby="report-title"><h2 id="report-title">Report</h2>',
  '<div id="report"><p class="muted">No report yet.</p></div></section>',
  '<div class="columns">',
  '<section class="card" aria-labelledby="history-title"><h2 id="history-title">History</h2>',
  '<ul id="history" class="history"></ul><p id="no-history" class="muted">No reports yet.</p></section>',
  '<section class="card" aria-labelledby="about-title"><h2 id="about-title">About</h2>',
  '<dl id="about" class="facts"></dl></section></div>',
  '<section class="card" aria-labelledby="metrics-title"><h2 id="metrics-title">Metrics</h2>',
  '<div id="metrics"><p class="muted">No metrics yet.</p></div></section>',
]);

/** The API secrets, at `/secrets`. */
export const secretsPage = page('API secrets', '.', 'secrets', 'secrets.js', [
  '<div class="heading"><h1>API secrets</h1>',
  '<p class="muted">An app that holds one opens sessions with this platform. It is good for the whole platform:',
  'keep it on machines that you operate.</p></div>',
  '<p id="error" class="notice" role="alert" hidden></p>',
  '<section class="card" aria-labelledby="create-title"><h2 id="create-title">New secret</h2>',
  '<form id="create" class="line"><label class="field" for="label">Label',
  '<input id="label" name="label" maxlength="60" autocomplete="off" placeholder="What is it for?"></label>',
  '<button type="submit" class="primary">Create API secret</button></form>',
  '<div id="created" class="created" role="status"></div></section>',
  '<section class="card" aria-labelledby="secrets-title"><h2 id="secrets-title">Issued secrets</h2>',
  '<ul id="secrets" class="secrets" aria-label="Issued secrets"></ul>',
  '<p id="no-secrets" class="muted" hidden>None yet.</p></section>',
]);

/** Asks for the login token. `depth`: folders between the page and the root. */
export function loginPage(error: string, depth = 0): string {
  const root = rootOf(depth);
  return htmlPage({
    ...shell('Log in', root),
    script: `${root}/assets/login.js`,
    body: `<main class="login"><form id="login" class="card" method="post" action="${root}/login">
<h1 class="visually-hidden">Log in</h1>
<div class="brand"><img src="${root}/assets/icon.svg" alt="">Net Diagnostics</div>
<p class="muted">Open the URL that the platform printed when it started, or paste the token in it.</p>
${error === '' ? '' : `<p class="notice" role="alert">${escapeHtml(error)}</p>`}
<label class="field" for="token">Login token<input id="token" name="token" type="password" required autofocus autocomplete="off"></label>
<button type="submit" class="primary">Log in</button>
</form></main>`,
  });
}

/** An error, as a page. */
export function errorPage(status: number, message: string, depth = 0): string {
  const root = rootOf(depth);
  return htmlPage({
    ...shell(`Error ${status}`, root),
    body: `<main class="login"><div class="card"><h1>Error ${status}</h1><p>${escapeHtml(message)}</p>
<p><a href="${root}/">Endpoints</a></p></div></main>`,
  });
}

function page(
  title: string,
  root: string,
  section: Section,
  script: string,
  body: readonly string[],
): MakePage {
  const link = (name: Section, href: string, text: string) =>
    `<a href="${href}"${name === section ? ' aria-current="page"' : ''}>${text}</a>`;
  return (hasLogin) =>
    htmlPage({
      ...shell(title, root),
      script: `${root}/assets/${script}`,
      body: `<a class="skip" href="#main">Skip to the content</a>
<header class="bar"><div>
<a class="brand" href="${root}/"><img src="${root}/assets/icon.svg" alt="">Net Diagnostics</a>
<nav aria-label="Pages">${link('endpoints', `${root}/`, 'Endpoints')}${link('secrets', `${root}/secrets`, 'API secrets')}</nav>
<span id="live" class="live"><span class="dot"></span><span>Connecting…</span></span>
${hasLogin ? logoutForm(root) : ''}</div></header>
<main id="main">
<noscript><p class="notice">The dashboard needs JavaScript.</p></noscript>
${body.join('\n')}
</main>`,
    });
}

function logoutForm(root: string): string {
  return `<form method="post" action="${root}/logout"><button type="submit" class="small">Log out</button></form>\n`;
}

function shell(title: string, root: string) {
  const styles = [`${root}/assets/base.css`, `${root}/assets/dashboard.css`];
  return { title: `${title} · Net Diagnostics`, root, styles, icon: `${root}/assets/icon.svg` };
}

function rootOf(depth: number): string {
  return depth <= 0 ? '.' : Array(depth).fill('..').join('/');
}
