/** What only the app's page has. */
export const APP_CSS = /* css */ `
main:focus, section:focus { outline: none; }
.sections { display: grid; gap: 1.25rem; }
.sections:empty { display: none; }
.run { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; }
.run > h2 { margin: 0; }
#announce { font-size: 0.925rem; }
/* Not hidden while it is empty: what appears together with its text is not read out everywhere. */
#announce:empty { position: absolute; }
#announce.failed { color: var(--red); }
button[aria-disabled="true"] { cursor: not-allowed; background: var(--sunken); color: var(--muted); border-color: var(--line); }
button.primary[aria-disabled="true"]:hover { background: var(--sunken); }
a.chip { text-decoration: none; }
a.chip:hover { text-decoration: underline; }
.verdict h3 + p { font-size: 1.05rem; }
.verdict > div > .small { margin-top: 0.45rem; }

.progress { display: grid; gap: 0.75rem; }
.progress progress { appearance: none; display: block; width: 100%; height: 0.5rem; border: 0; border-radius: 4px; overflow: hidden; background: var(--sunken); }
.progress progress::-webkit-progress-bar { background: var(--sunken); }
.progress progress::-webkit-progress-value { background: var(--accent); }
.progress progress::-moz-progress-bar { background: var(--accent); }

.group.below { margin-top: 1.1rem; }
.notes { margin-top: 1rem; display: grid; gap: 0.25rem; }
.relays { display: grid; gap: 0 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); align-items: start; overflow: hidden; }
/* A line between rows, however many columns there are. */
.relays .relay { border-bottom: 0; box-shadow: 0 -1px var(--line); }
.paths { display: grid; gap: 0.4rem; }
.paths li { display: flex; gap: 0.6rem; align-items: baseline; flex-wrap: wrap; }

.probes { margin-top: 0.5rem; font-size: 0.875rem; }
.probes li { display: grid; grid-template-columns: minmax(0, 1fr) 8.5rem minmax(4rem, 0.5fr) 4rem; gap: 0.1rem 1rem; align-items: center; padding: 0.45rem 0; border-bottom: 1px solid var(--line); }
.probes li:last-child { border-bottom: 0; }
.probes .what { display: flex; gap: 0 0.6rem; align-items: baseline; flex-wrap: wrap; }
.probes .chip { justify-self: start; }
.probes .took { text-align: right; }
.probes .error { grid-column: 1 / -1; overflow-wrap: anywhere; }

.checklist { margin-top: 0.75rem; display: grid; gap: 0 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
.checklist li { display: grid; grid-template-columns: 1.25rem minmax(0, 1fr); gap: 0.1rem 0.75rem; align-items: start; align-content: start; padding: 0.55rem 0; font-size: 0.925rem; }
.checklist .sign { display: block; width: 1.25rem; height: 1.25rem; margin-top: 0.1rem; color: var(--grey); }
.checklist .green .sign { color: var(--green); }
.checklist .red .sign { color: var(--red); }
.checklist .label { font-weight: 550; }
.checklist .detail { grid-column: 2; font-size: 0.875rem; overflow-wrap: anywhere; }
#trouble { margin-top: 0.75rem; overflow-wrap: anywhere; }

.choice { display: flex; gap: 0.2rem 0.6rem; align-items: baseline; flex-wrap: wrap; margin-bottom: 0.9rem; font-size: 0.925rem; }
.choice input { width: auto; margin: 0; accent-color: var(--accent); align-self: center; }
.buttons a { font-size: 0.9rem; padding: 0.4rem 0.5rem; }
#copied:not(:empty) { margin-top: 0.75rem; }

.progress .steps li { flex: 1 1 9rem; }
.progress .steps li.over { border-color: var(--grey); color: var(--text); }
@media (max-width: 46rem) {
  .probes li { grid-template-columns: minmax(0, 1fr) auto; }
  .probes .meter { grid-column: 1; }
}
@media (forced-colors: active) { .progress progress { appearance: auto; } button[aria-disabled="true"] { color: GrayText; } }
`;
