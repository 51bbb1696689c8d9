import { useState } from 'preact/hooks';
import { ACTION_CHOICES, viewEntry } from '../words/audit.js';
import type { AuditEntry } from './answers.js';
import { Frame, Heading, type PageProps } from './frame.js';
import { Row, Rows } from './rows.js';
import { useList } from './use-list.js';

/** Who did what, and when. @param path - of the API */
export function Audit({ path, about, ...props }: PageProps & { path: string; about: string }) {
  const [action, setAction] = useState('');
  const [actor, setActor] = useState<AuditEntry['actor'] | null>(null);
  const query = new URLSearchParams();
  if (action !== '') query.set('action', action);
  if (actor !== null) query.set('actor', actor.id);
  const list = useList<AuditEntry>(`${path}?${query}`);
  return (
    <Frame
      {...props}
      section="audit"
      connection={list}
      of={list.items}
      heading={<Heading title="Audit log">{about}</Heading>}
    >
      <div class="line filter">
        <div class="field">
          <label for="action">What</label>
          <select id="action" value={action} onChange={({ currentTarget }) => setAction(currentTarget.value)}>
            <option value="">Anything</option>
            {ACTION_CHOICES.map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </div>
        {actor !== null && (
          <button type="button" class="choice" aria-pressed="true" onClick={() => setActor(null)}>
            Only <bdi>{actor.name}</bdi> <span aria-hidden="true">✕</span>
          </button>
        )}
      </div>
      <Rows
        title="Entries"
        list={list}
        none={action === '' && actor === null ? 'Nothing yet.' : 'Nothing matches.'}
        keyOf={({ id }) => id}
      >
        {(entry) => <Entry entry={entry} onActor={setActor} />}
      </Rows>
    </Frame>
  );
}

function Entry({ entry, onActor }: { entry: AuditEntry; onActor(actor: AuditEntry['actor']): void }) {
  const { who, what, target, circumstances } = viewEntry(entry);
  return (
    <Row
      name={
        <>
          <button
            type="button"
            class="plain"
            title={`Show what ${who} did`}
            onClick={() => onActor({ ...entry.actor, name: who })}
          >
            <bdi>{who}</bdi>
          </button>{' '}
          <span class="did">{what}</span> {target !== '' && <bdi>{target}</bdi>}
        </>
      }
      about={circumstances}
    />
  );
}
