/** The shape of a page: bar, cards, buttons, fields. */
export const PAGE_CSS = /* css */ `
*, *::before, *::after { box-sizing: border-box; }
html { font: 16px/1.5 var(--sans); background: var(--ground); color: var(--text); -webkit-text-size-adjust: 100%; }
body { margin: 0; min-height: 100vh; }
h1, h2, h3, p, ul, ol, dl, dd, figure { margin: 0; }
h1 { font-size: 1.65rem; line-height: 1.2; letter-spacing: -0.02em; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; letter-spacing: -0.01em; }
h3 { font-size: 0.95rem; }
ul, ol { padding: 0; list-style: none; }
a { color: var(--accent); text-underline-offset: 0.2em; }
a:hover { color: var(--accent-hover); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 6px; }
[hidden] { display: none !important; }
time, .number { font-variant-numeric: tabular-nums; }
.mono { font-family: var(--mono); font-size: 0.85em; overflow-wrap: anywhere; }
.muted { color: var(--muted); }
.small { font-size: 0.875rem; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 1rem; top: -4rem; padding: 0.5rem 1rem; background: var(--surface); border-radius: 8px; z-index: 2; }
.skip:focus { top: 0.5rem; }

.bar { background: var(--surface); border-bottom: 1px solid var(--line); }
.bar > div { max-width: 66rem; margin: 0 auto; padding: 0.7rem 1.25rem; display: flex; align-items: center; gap: 0.5rem 1.5rem; flex-wrap: wrap; }
.brand { display: inline-flex; align-items: center; gap: 0.6rem; font-weight: 650; letter-spacing: -0.01em; color: var(--text); text-decoration: none; }
.brand:hover { color: var(--text); }
.brand img { width: 1.6rem; height: 1.6rem; }
.bar nav { display: flex; gap: 0.25rem; }
.bar nav a { padding: 0.35rem 0.75rem; border-radius: 8px; color: var(--muted); text-decoration: none; font-size: 0.925rem; }
.bar nav a:hover { background: var(--sunken); color: var(--text); }
.bar nav a[aria-current] { background: var(--sunken); color: var(--text); font-weight: 600; }
.live { margin-left: auto; display: inline-flex; align-items: center; gap: 0.45rem; font-size: 0.8125rem; color: var(--muted); }

main { max-width: 66rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; display: grid; gap: 1.25rem; }
main > * { min-width: 0; }
.heading { display: grid; gap: 0.35rem; }
.heading .line { display: flex; align-items: center; gap: 0.75rem; flex-wrap: wrap; }
.crumb { font-size: 0.875rem; }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius); box-shadow: var(--shadow); padding: 1.25rem 1.4rem; }
.card > h2 { margin-bottom: 0.9rem; }
.columns { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr)); }
.empty { text-align: center; padding: 3rem 1.5rem; display: grid; gap: 0.6rem; justify-items: center; color: var(--muted); }
.empty h2 { margin: 0; color: var(--text); }
.notice { border-radius: 10px; padding: 0.7rem 0.95rem; background: var(--red-soft); color: var(--red); font-size: 0.925rem; }

.dot { flex: none; width: 0.6rem; height: 0.6rem; border-radius: 50%; background: var(--grey); }
.dot.on { background: var(--green); box-shadow: 0 0 0 3px var(--green-soft); }
.chip { display: inline-flex; align-items: center; gap: 0.4rem; padding: 0.15rem 0.65rem; border-radius: 99px; font-size: 0.8125rem; font-weight: 550; white-space: nowrap; background: var(--grey-soft); color: var(--grey); }
.chip.green { background: var(--green-soft); color: var(--green); }
.chip.orange { background: var(--orange-soft); color: var(--orange); }
.chip.red { background: var(--red-soft); color: var(--red); }

button { font: inherit; font-size: 0.9rem; cursor: pointer; border-radius: 9px; border: 1px solid var(--line); background: var(--surface); color: var(--text); padding: 0.4rem 0.85rem; }
button:hover:not(:disabled) { background: var(--sunken); }
button.primary { border-color: transparent; background: var(--accent); color: var(--on-accent); font-weight: 600; padding: 0.65rem 1.3rem; font-size: 1rem; }
button.primary:hover:not(:disabled) { background: var(--accent-hover); }
button:disabled { cursor: not-allowed; background: var(--sunken); color: var(--muted); border-color: var(--line); }
button.danger { color: var(--red); }
button.small { padding: 0.2rem 0.6rem; font-size: 0.8125rem; }
.press { display: flex; gap: 0.75rem 1.1rem; align-items: center; flex-wrap: wrap; }
.press p { flex: 1 1 16rem; font-size: 0.925rem; }
.steps { display: flex; gap: 0.5rem; flex-wrap: wrap; font-size: 0.875rem; }
.steps li { flex: 1 1 8rem; padding-top: 0.5rem; border-top: 4px solid var(--sunken); color: var(--muted); transition: border-color 0.2s; }
.steps li.done { border-color: var(--green); color: var(--text); }
.steps li.now { border-color: var(--accent); color: var(--text); font-weight: 600; animation: breathe 1.2s ease-in-out infinite; }
.steps li.failed { border-color: var(--red); color: var(--red); font-weight: 600; }
@keyframes breathe { 50% { border-color: var(--sunken); } }
.buttons { display: flex; gap: 0.5rem; flex-wrap: wrap; align-items: center; }
.field { display: grid; gap: 0.3rem; font-size: 0.9rem; }
input { font: inherit; padding: 0.5rem 0.75rem; border-radius: 9px; border: 1px solid light-dark(#8b93a5, #626b7d); background: var(--ground); color: var(--text); width: 100%; }
form.line { display: flex; gap: 0.75rem; align-items: end; flex-wrap: wrap; }
form.line .field { flex: 1 1 14rem; }
form.line button.primary { padding: 0.5rem 1.1rem; border-width: 1px; }
table { width: 100%; border-collapse: collapse; font-size: 0.9rem; }
th { text-align: left; font-weight: 550; font-size: 0.8125rem; color: var(--muted); }
th, td { padding: 0.5rem 0.75rem 0.5rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
.scroll { overflow-x: auto; }
details > summary { cursor: pointer; font-weight: 550; font-size: 0.925rem; padding: 0.15rem 0; }
pre { margin: 0.75rem 0 0; padding: 0.9rem 1rem; background: var(--sunken); border-radius: 10px; overflow: auto; max-height: 26rem; font: 0.8125rem/1.5 var(--mono); }
.login { min-height: 80vh; align-content: center; justify-content: center; grid-template-columns: minmax(0, 26rem); }
.login .card { display: grid; gap: 1rem; }
@media (max-width: 40rem) { main { padding: 1.25rem 0.9rem 3rem; } .card { padding: 1rem; } }
@media (forced-colors: active) { .dot { border: 0.3rem solid GrayText; } .dot.on { border-color: Highlight; } .steps li { border-color: GrayText; } .steps li.done, .steps li.now, .steps li.failed { border-color: Highlight; } }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
`;
