import { htmlPage } from '../../ui/index.js';

/** The page, without data: its script fetches that. All URLs are relative, so it may stand anywhere. */
export const PAGE: string = htmlPage({
  title: 'Net Diagnostics',
  root: '.',
  styles: ['./assets/base.css', './assets/app.css'],
  script: './assets/app.js',
  icon: './assets/icon.svg',
  body: `<a class="skip" href="#main">Skip to the content</a>
<header class="bar"><div>
<span class="brand"><img src="./assets/icon.svg" alt="">Net Diagnostics</span>
<span id="live" class="live"><span class="dot"></span><span>Connecting…</span></span>
</div></header>
<main id="main" tabindex="-1">
<noscript><p class="notice">This page needs JavaScript. Without it: <a href="./report.txt">the latest report as text</a>.</p></noscript>
<div class="heading"><div class="line"><h1 id="name">Network of this app</h1><a id="ready" class="chip" href="#button" hidden></a></div>
<p id="about" class="muted small">Measured by the app, on the machine it runs on.</p></div>
<p id="error" class="notice" role="alert" hidden></p>
<section class="card run" aria-labelledby="verdict-title">
<h2 id="verdict-title" class="visually-hidden">Verdict</h2>
<div id="verdict"><p class="muted">Loading… If nothing comes, add a slash to the end of the address.</p></div>
<div class="press"><button id="run" type="button" class="primary" aria-describedby="run-note">Run diagnostics</button>
<p id="run-note" class="muted">Asks the relays and the gateway now; takes some seconds at most.</p></div>
<div id="progress" class="progress" hidden><progress id="bar" max="1" value="0" aria-label="Probes that have ended"></progress>
<ol id="steps" class="steps" aria-hidden="true"></ol></div>
<p id="announce" role="status"></p>
</section>
<div id="report" class="sections"></div>
<section id="button" class="card" aria-labelledby="button-title" tabindex="-1">
<h2 id="button-title">The platform’s button</h2>
<p id="button-summary" class="muted">Loading…</p>
<ul id="checklist" class="checklist" aria-label="What the button needs"></ul>
<p id="trouble" class="small muted" hidden></p></section>
<section id="copy" class="card" aria-labelledby="copy-title" hidden>
<h2 id="copy-title">Pass it on</h2>
<p class="choice"><input id="redact" type="checkbox" checked aria-describedby="redact-note"><label for="redact">Redact</label>
<span id="redact-note" class="small muted">Addresses, host names and ids become tokens; ports, latencies and conclusions stay.</span></p>
<div class="buttons"><button id="copy-text" type="button">Copy as text</button><button id="copy-json" type="button">Copy as JSON</button>
<a id="open-text" href="./report.txt?redact=1">Open as text</a><a id="open-json" href="./report?redact=1">Open as JSON</a></div>
<p id="copied" class="small" role="status"></p></section>
</main>`,
});
