import type { Fact, Reason } from '../words/view.js';

/** How much evidence is listed; more of it says nothing new. */
const MAX_EVIDENCE = 8;

/** Some facts under a title; the reasons for them, with their evidence, behind a fold. */
export function Facts({ title, facts }: { title: string; facts: readonly Fact[] }) {
  if (facts.length === 0) return null;
  return (
    <section class="group">
      <h3>{title}</h3>
      <dl class="facts">
        {facts.map(({ label, value, tone, hint }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd class={tone}>{value}</dd>
            {hint !== '' && <dd class="hint">{hint}</dd>}
          </div>
        ))}
      </dl>
      <Reasons title={title} reasons={facts.flatMap(({ reasons = [] }) => reasons)} />
    </section>
  );
}

function Reasons({ title, reasons }: { title: string; reasons: readonly Reason[] }) {
  if (reasons.length === 0) return null;
  return (
    <details class="why">
      <summary>
        Why?<span class="visually-hidden"> Evidence for {title}</span>
      </summary>
      <dl>
        {reasons.map(({ label, reason, evidence }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{reason}</dd>
            <Evidence evidence={evidence} />
          </div>
        ))}
      </dl>
    </details>
  );
}

function Evidence({ evidence }: Pick<Reason, 'evidence'>) {
  if (evidence.length === 0) return null;
  const rest = evidence.length - MAX_EVIDENCE;
  return (
    <dd>
      <ul class="addresses">
        {evidence.slice(0, MAX_EVIDENCE).map((ref) => (
          <li key={ref}>{ref}</li>
        ))}
        {rest > 0 && <li>and {rest} more</li>}
      </ul>
    </dd>
  );
}
