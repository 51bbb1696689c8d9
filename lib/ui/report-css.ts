/** How a report looks. */
export const REPORT_CSS = /* css */ `
.report { display: grid; gap: 1.4rem; }
.addresses { display: flex; flex-wrap: wrap; gap: 0.4rem; }
.addresses li { background: var(--sunken); border-radius: 7px; padding: 0.15rem 0.55rem; font: 0.8125rem/1.6 var(--mono); overflow-wrap: anywhere; }
.verdict { display: flex; gap: 1rem; align-items: flex-start; border-radius: 12px; padding: 1rem 1.15rem; background: var(--grey-soft); }
.verdict .sign { flex: none; width: 2.4rem; height: 2.4rem; color: var(--grey); }
.verdict h3 { font-size: 1.2rem; letter-spacing: -0.015em; }
.verdict p { max-width: 60ch; text-wrap: balance; }
.verdict.green { background: var(--green-soft); } .verdict.green .sign { color: var(--green); }
.verdict.orange { background: var(--orange-soft); } .verdict.orange .sign { color: var(--orange); }
.verdict.red { background: var(--red-soft); } .verdict.red .sign { color: var(--red); }
.verdict .next { margin: 0.5rem 0; display: grid; gap: 0.25rem; max-width: 60ch; }
.verdict .next li { padding-left: 1.35rem; position: relative; font-weight: 550; }
.verdict .next li::before { content: "→" / ""; position: absolute; left: 0; }
.groups { display: grid; gap: 1.25rem 1.6rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); }
.group h3, .report h3.title { color: var(--muted); font-size: 0.8125rem; letter-spacing: 0.02em; margin-bottom: 0.35rem; }
.stack { display: grid; gap: 1.25rem; align-content: start; }
.facts > div { display: grid; grid-template-columns: auto 1fr; gap: 0.1rem 0.75rem; padding: 0.4rem 0; border-bottom: 1px solid var(--line); font-size: 0.9rem; }
.facts > div:last-child { border-bottom: 0; }
.facts dt { color: var(--muted); }
.facts dd { text-align: right; overflow-wrap: anywhere; font-weight: 550; }
.facts dd.hint { grid-column: 1 / -1; text-align: left; font-weight: 400; font-size: 0.8125rem; color: var(--muted); text-wrap: balance; }
.facts .good { color: var(--green); } .facts .bad { color: var(--red); } .facts .warn { color: var(--orange); }
.facts .mono { font-weight: 400; }
.facts .unknown { color: var(--muted); font-weight: 400; }
.relay { padding: 0.6rem 0; border-bottom: 1px solid var(--line); display: grid; gap: 0.3rem; }
.relay:last-child { border-bottom: 0; }
.relay .name { min-height: 1.7rem; display: flex; gap: 0.6rem; align-items: center; flex-wrap: wrap; font-weight: 550; font-size: 0.925rem; }
.latency { display: grid; grid-template-columns: 4.5rem 1fr 5rem; gap: 0.75rem; align-items: center; font-size: 0.8125rem; }
.latency .kind { color: var(--muted); }
.latency .ms { text-align: right; font-variant-numeric: tabular-nums; }
.meter { width: 100%; height: 0.5rem; display: block; overflow: visible; }
.meter .track { fill: var(--sunken); } .meter .fill { fill: var(--accent); }
.why { margin-top: 0.5rem; font-size: 0.8125rem; }
.why > summary { font-size: inherit; color: var(--accent); width: fit-content; }
.why dl > div { padding: 0.4rem 0; display: grid; gap: 0.2rem; }
.why dt { color: var(--muted); }
.why .addresses li { font: 0.75rem/1.6 var(--sans); }
@media (forced-colors: active) {
  .verdict, .chip, .addresses li { border: 1px solid; }
  .meter .track { fill: Canvas; stroke: CanvasText; } .meter .fill { fill: CanvasText; }
}
`;
