import type { Status } from '../../lib/index.js';
import { Sign } from '../components/sign.js';
import type { ChecklistItem, ChecklistView } from '../words/checklist.js';
import { dateTime } from '../words/format.js';
import type { Level } from '../words/view.js';

const STATES: Readonly<Record<ChecklistItem['state'], readonly [level: Level, word: string]>> = {
  ok: ['green', 'OK'],
  not: ['red', 'Missing'],
  unknown: ['grey', 'Unknown'],
};

/** What the platform's button needs. `null`: not known yet. */
export function Checklist({ view, trouble }: { view: ChecklistView | null; trouble: Status['lastError'] }) {
  const { title, summary, items } = view ?? {
    title: 'The platform’s button',
    summary: 'Loading…',
    items: [],
  };
  return (
    <section id="button" class="card" aria-labelledby="button-title" tabIndex={-1}>
      <h2 id="button-title">{title}</h2>
      <p class="muted">{summary}</p>
      <ul id="checklist" class="checklist" aria-label="What the button needs">
        {items.map((item) => (
          <Item key={item.id} item={item} />
        ))}
      </ul>
      {trouble !== null && (
        <p id="trouble" class="small muted">
          Latest trouble (it may be over): {trouble.code}: {trouble.message}
          <Time at={trouble.at} />
        </p>
      )}
    </section>
  );
}

function Item({ item: { label, state, detail, at } }: { item: ChecklistItem }) {
  const [level, word] = STATES[state];
  return (
    <li class={level}>
      <Sign level={level} />
      <span>
        <span class="visually-hidden">{word}: </span>
        <span class="label">{label}</span>
      </span>
      <span class="detail muted">
        {detail}
        {at !== null && <Time at={at} />}
      </span>
    </li>
  );
}

/** A time as the end of a sentence. */
function Time({ at }: { at: string }) {
  return (
    <>
      {' '}
      <time dateTime={at}>{dateTime(Date.parse(at))}</time>.
    </>
  );
}
