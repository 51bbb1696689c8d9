import { useState } from 'preact/hooks';
import { Guard } from '../components/guard.js';
import { countText, isWanted, quoted } from '../words/endpoints.js';
import type { EndpointJson, EndpointsAnswer } from './answers.js';
import { getJson } from './api.js';
import { EndpointCard } from './endpoint-card.js';
import { Frame, type PageProps } from './frame.js';
import { useNow } from './use-now.js';
import { useUpdates } from './use-updates.js';

const always = () => true;

/** The list of endpoints. */
export function EndpointsPage(props: PageProps) {
  const [endpoints, setEndpoints] = useState<readonly EndpointJson[] | null>(null);
  const [filter, setFilter] = useState('');
  const connection = useUpdates(() => ({
    load: async () => setEndpoints((await getJson<EndpointsAnswer>('api/endpoints')).endpoints),
    handlers: { changed: always, many: always, run: always },
  }));
  const shown = endpoints?.filter((endpoint) => isWanted(endpoint, filter)) ?? [];
  const online = endpoints?.filter(({ isOnline }) => isOnline).length ?? 0;
  return (
    <Frame
      {...props}
      section="endpoints"
      connection={connection}
      of={endpoints}
      heading={
        <div class="heading">
          <h1>Endpoints</h1>
          <p class="muted">
            {endpoints === null ? 'Loading…' : countText(endpoints.length, online, shown.length)}
          </p>
        </div>
      }
    >
      {endpoints !== null && endpoints.length > 0 && <Filter text={filter} onChange={setFilter} />}
      <List endpoints={shown} onLabel={(label) => setFilter(quoted(label))} />
      {endpoints !== null && endpoints.length > 0 && shown.length === 0 && (
        <p class="muted">No endpoint matches the filter.</p>
      )}
      {endpoints?.length === 0 && <Empty root={props.root} />}
    </Frame>
  );
}

function Filter({ text, onChange }: { text: string; onChange(text: string): void }) {
  return (
    <label class="field filter" for="filter">
      <span>
        Filter by name, <code>group:name</code> or <code>key=value</code>
      </span>
      <input
        id="filter"
        type="search"
        autoComplete="off"
        spellcheck={false}
        value={text}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </label>
  );
}

function List({ endpoints, onLabel }: { endpoints: readonly EndpointJson[]; onLabel(label: string): void }) {
  const now = useNow();
  const choose = (label: string) => {
    onLabel(label);
    document.getElementById('filter')?.focus();
  };
  return (
    <ul class="endpoints" aria-label="Endpoints">
      {endpoints.map((endpoint) => (
        <Guard
          key={endpoint.id}
          of={endpoint}
          instead={(message) => <li class="card muted">One entry cannot be shown: {message}</li>}
        >
          <EndpointCard endpoint={endpoint} now={now} onLabel={choose} />
        </Guard>
      ))}
    </ul>
  );
}

function Empty({ root }: { root: string }) {
  return (
    <section class="card empty">
      <h2>No endpoint yet</h2>
      <p>
        Create an <a href={`${root}/secrets`}>API secret</a>, give it to your app as{' '}
        <code class="mono">IROH_SERVICES_API_SECRET</code> and start it: it appears here by itself.
      </p>
    </section>
  );
}
