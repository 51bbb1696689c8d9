import { useEffect, useMemo, useState } from 'preact/hooks';
import { type ListFilter, NO_FILTER } from '../words/list-filter.js';
import type { EndpointsAnswer, FleetAnswer, RunProgress } from './answers.js';
import { getJson, inProject } from './api.js';
import { FilterInUrl, type Place, rememberPlace } from './filter-in-url.js';
import { FleetList, type ListView, NOTHING } from './fleet-list.js';
import { Paced } from './paced.js';
import { type Connection, useUpdates } from './use-updates.js';

/** How often rows are fetched because they have changed, in milliseconds. */
const ROWS_GAP_MS = 1_000;
/** How often the counts are, in milliseconds. */
const COUNTS_PACE = { calmMs: 80, gapMs: 2_000 };

/** The list of endpoints, and what its page can do with it. */
export interface FleetModel {
  connection: Connection;
  /** As it stands in the page; the list follows. */
  filter: ListFilter;
  list: ListView;
  /** `null` until it is loaded. */
  fleet: FleetAnswer | null;
  /** Whether something that the reader asked for is being loaded. */
  isLoading: boolean;
  /** @param isTyped - more may come in a moment */
  change(change: Partial<ListFilter>, isTyped?: boolean): void;
  more(): void;
  /** Loads the list anew. */
  reload(): void;
}

export function useFleet(): FleetModel {
  const [filter, onFilter] = useState(NO_FILTER);
  const [list, onView] = useState(NOTHING);
  const [fleet, setFleet] = useState<FleetAnswer | null>(null);
  const [isLoading, setIsLoading] = useState(true);
  const rows = useMemo(() => {
    const ask = (query: URLSearchParams) => getJson<EndpointsAnswer>(inProject(`endpoints?${query}`));
    return new FleetList({ ask, onView });
  }, []);
  const counts = useMemo(() => {
    const work = async () => setFleet(await getJson<FleetAnswer>(inProject('fleet')));
    return new Paced({ ...COUNTS_PACE, work, onError: (text) => text !== '' && showError(text) });
  }, []);
  const connection = useUpdates(() => {
    const changed = (ids: readonly string[] | null) => {
      counts.soon();
      return rows.touch(ids);
    };
    return {
      gapMs: ROWS_GAP_MS,
      load: () => rows.load(),
      onGap: () => {
        counts.soon();
        rows.expire();
      },
      handlers: {
        changed: ({ endpointIds }: { endpointIds: readonly string[] }) => changed(endpointIds),
        many: () => changed(null),
        run: ({ endpointId }: RunProgress) => rows.touch([endpointId]),
      },
    };
  });
  const { showError, refresh } = connection;
  const load = async () => {
    setIsLoading(true);
    await refresh();
    setIsLoading(false);
  };
  const url = useMemo(() => {
    const onSettled = async (settled: ListFilter, place: Place | null) => {
      rows.show(settled, place?.rows);
      await load();
      if (place !== null) requestAnimationFrame(() => scrollTo(0, place.y));
    };
    return new FilterInUrl({ onFilter, onSettled: (...settled) => void onSettled(...settled) });
  }, []);
  useEffect(() => {
    url.start();
    void counts.now();
    return () => {
      url.stop();
      counts.stop();
    };
  }, []);
  const count = list.rows?.length ?? 0;
  useEffect(() => {
    const leave = () => rememberPlace({ rows: count, y: scrollY });
    addEventListener('pagehide', leave);
    return () => removeEventListener('pagehide', leave);
  }, [count]);
  const then = (step: () => void) => () => {
    step();
    void load();
  };
  return {
    ...{ connection, filter, list, fleet, isLoading },
    change: (change, isTyped) => url.change(change, isTyped),
    more: then(() => rows.more()),
    reload: then(() => rows.expire()),
  };
}
