/** What only the dashboard has. */
export const DASHBOARD_CSS = /* css */ `
.endpoints { display: grid; gap: 0.75rem; }
.endpoints li { position: relative; display: grid; grid-template-columns: minmax(0, 1.5fr) repeat(2, minmax(0, 1fr)); gap: 0.75rem 1.25rem; align-items: center; transition: border-color 0.15s; }
.endpoints li:hover { border-color: var(--accent); }
.endpoints .who { display: flex; gap: 0.9rem; align-items: center; min-width: 0; }
.endpoints .who a { font-weight: 600; font-size: 1.05rem; color: var(--text); text-decoration: none; overflow-wrap: anywhere; }
/* The whole card is the link's target. */
.endpoints .who a::after { content: ""; position: absolute; inset: 0; border-radius: var(--radius); }
.endpoints .who a:focus-visible { outline: none; }
.endpoints .who a:focus-visible::after { outline: 3px solid var(--accent); outline-offset: 2px; }
.filter { margin-bottom: 1rem; }
.filter input { max-width: 28rem; }
/* Above the card's link. */
.labels { position: relative; z-index: 1; display: flex; flex-wrap: wrap; gap: 0.3rem; width: fit-content; }
.labels:not(:empty) { margin-top: 0.3rem; }
.labels .label { padding: 0.05rem 0.5rem; font-size: 0.75rem; font-weight: 400; color: var(--muted); background: var(--sunken); border-color: transparent; border-radius: 999px; overflow-wrap: anywhere; text-align: left; }
.endpoints .cell { display: grid; gap: 0.2rem; justify-items: start; font-size: 0.875rem; }
.endpoints .caption { font-size: 0.75rem; color: var(--muted); text-transform: uppercase; letter-spacing: 0.06em; }

.run { display: grid; gap: 0.9rem; }
.run > h2 { margin: 0; }
#progress:empty { display: none; }
#progress { font-size: 0.925rem; }
#progress.failed { color: var(--red); }

.history { display: grid; gap: 0.25rem; max-height: 19rem; overflow-y: auto; margin: 0 -0.5rem; }
.history button { width: 100%; display: flex; gap: 0.75rem; align-items: center; justify-content: space-between; flex-wrap: wrap; text-align: left; border-color: transparent; background: none; padding: 0.45rem 0.5rem; }
.history button[aria-pressed="true"] { background: var(--sunken); }
.metrics input { max-width: 20rem; }
.metrics .scroll { max-height: 24rem; overflow-y: auto; }
.metrics td.value { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }

.created { display: grid; gap: 0.75rem; }
.created:not(:empty) { margin-top: 1rem; padding: 1rem; border-radius: 10px; background: var(--green-soft); }
.created pre { margin: 0; background: var(--surface); white-space: pre-wrap; overflow-wrap: anywhere; }
.secrets li { display: flex; gap: 0.5rem 1rem; align-items: center; flex-wrap: wrap; padding: 0.7rem 0; border-bottom: 1px solid var(--line); }
.secrets li:last-child { border-bottom: 0; }
.secrets .what { flex: 1 1 16rem; min-width: 0; }
@media (max-width: 46rem) { .endpoints li { grid-template-columns: minmax(0, 1fr); } }
`;
