import { useCallback } from 'preact/hooks';
import { Guard } from '../components/guard.js';
import { countText, shownText } from '../words/endpoints.js';
import { isFiltering, NO_FILTER, withLabel } from '../words/list-filter.js';
import type { EndpointRowJson } from './answers.js';
import { Colours } from './colours.js';
import { EndpointRow } from './endpoint-row.js';
import { Frame, type PageProps } from './frame.js';
import { ListControls } from './list-controls.js';
import { type FleetModel, useFleet } from './use-fleet.js';
import { useNow } from './use-now.js';

/** The list of endpoints. */
export function EndpointsPage(props: PageProps) {
  const model = useFleet();
  const { connection, filter, list, fleet, change } = model;
  const isEmpty = fleet?.total === 0 && list.rows?.length === 0 && !isFiltering(filter);
  return (
    <Frame
      {...props}
      section="endpoints"
      connection={connection}
      of={list}
      heading={
        <div class="heading">
          <h1>Endpoints</h1>
          <p class="muted">{fleet === null ? 'Loading…' : countText(fleet)}</p>
        </div>
      }
    >
      {isEmpty ? (
        <Empty
          secrets={
            props.me?.may('secrets:write', props.project) === true
              ? `${props.root}/projects/${props.project}/secrets`
              : null
          }
        />
      ) : (
        <>
          {fleet !== null && (
            <Colours levels={fleet.levels} chosen={filter.level} onChoose={(level) => change({ level })} />
          )}
          <ListControls filter={filter} fleet={fleet} onChange={change} />
          <List {...model} />
        </>
      )}
    </Frame>
  );
}

function List({ filter, list, fleet, isLoading, change, more, reload }: FleetModel) {
  const now = useNow();
  const isFiltered = isFiltering(filter);
  const addLabel = useCallback(
    (label: string) => {
      change({ q: withLabel(filter.q, label) });
      document.getElementById('filter')?.focus();
    },
    [filter.q],
  );
  const clear = () => change({ ...NO_FILTER, sort: filter.sort });
  const { rows, hasMore, hasNews } = list;
  const isEmpty = rows?.length === 0;
  return (
    <section class="list" aria-label="List" aria-busy={isLoading}>
      <div class="line">
        <p class="small muted" role="status">
          {rows === null
            ? isLoading
              ? 'Loading…'
              : 'Not loaded'
            : shownText(rows.length, hasMore, isFiltering(list.filter) ? null : (fleet?.total ?? null))}
        </p>
        {hasNews && (
          <button type="button" class="small" onClick={reload}>
            Show changes
          </button>
        )}
        {isFiltered && !isEmpty && <Clear onClear={clear} />}
      </div>
      {rows !== null && rows.length > 0 && <Rows rows={rows} now={now} onLabel={addLabel} />}
      {isEmpty && (
        <div class="card empty">
          <h2>No endpoint matches</h2>
          {isFiltered && <Clear onClear={clear} />}
        </div>
      )}
      {hasMore && (
        <button type="button" class="more" disabled={isLoading} onClick={more}>
          Show more
        </button>
      )}
    </section>
  );
}

function Clear({ onClear }: { onClear(): void }) {
  return (
    <button type="button" class="small" onClick={onClear}>
      Clear filters
    </button>
  );
}

function Rows({
  rows,
  now,
  onLabel,
}: {
  rows: readonly EndpointRowJson[];
  now: number;
  onLabel(label: string): void;
}) {
  return (
    <div class="card rows">
      <div class="head" aria-hidden="true">
        <span>Endpoint</span>
        <span>Latest report</span>
        <span>Received</span>
        <span>Diagnostics</span>
      </div>
      <ul class="endpoints" aria-label="Endpoints">
        {rows.map((endpoint) => (
          <Guard
            key={endpoint.id}
            of={endpoint}
            instead={(message) => <li class="muted">One entry cannot be shown: {message}</li>}
          >
            <EndpointRow endpoint={endpoint} now={now} onLabel={onLabel} />
          </Guard>
        ))}
      </ul>
    </div>
  );
}

/** @param secrets - where API secrets are made; `null`: the reader makes none */
function Empty({ secrets }: { secrets: string | null }) {
  return (
    <section class="card empty">
      <h2>No endpoint yet</h2>
      <p>
        {secrets === null ? (
          'Ask an admin for an API secret'
        ) : (
          <>
            Create an <a href={secrets}>API secret</a>
          </>
        )}
        , give it to your app as <code class="mono">IROH_SERVICES_API_SECRET</code> and start it: it appears
        here by itself.
      </p>
    </section>
  );
}
