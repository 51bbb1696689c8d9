import { type Clock, nowSeconds } from '../async/index.js';
import { type ButtonState, buttonState } from './button-state.js';
import type { DialBacks, RunProgress } from './dial-back/index.js';
import type { EndpointPage, EndpointQuery } from './endpoint-query.js';
import type { EndpointRecord, EndpointRef } from './records.js';
import { isRecentlyShared } from './sessions/index.js';
import type { Store } from './store.js';

/** An endpoint with its current state. */
export interface EndpointView extends EndpointRecord {
  /** Whether Run Diagnostics can be pressed; if not, why not. */
  button: ButtonState;
  /**
   * When it was last detected that two live processes have this endpoint's key, unix milliseconds; `null`: not in the
   * last ten minutes. The button works for the process that connected last.
   */
  sharedIdentityAt: number | null;
  /** The current run. */
  run: RunProgress | null;
}

/** What views are made from. */
export interface ViewSources {
  store: Store;
  dialBacks: DialBacks;
  clock: Clock;
}

/** A page of the selected endpoints. @throws `ERR_SETTING` for a bad limit or cursor */
export async function viewEndpoints(
  { store, dialBacks, clock }: ViewSources,
  query: EndpointQuery,
): Promise<EndpointPage<EndpointView>> {
  const { endpoints, next } = await store.endpoints(query, nowSeconds(clock));
  return {
    endpoints: endpoints.map((record) => viewOf(record, dialBacks.progress(record), clock.now())),
    next,
  };
}

/** One endpoint; `null` if it is not known. */
export async function viewEndpoint(
  { store, dialBacks, clock }: ViewSources,
  ref: EndpointRef,
): Promise<EndpointView | null> {
  const record = await store.endpoint(ref);
  return record === null ? null : viewOf(record, dialBacks.progress(ref), clock.now());
}

/** An endpoint with its state. @param run - its current run @param now - unix milliseconds */
export function viewOf(record: EndpointRecord, run: RunProgress | null, now: number): EndpointView {
  const { isOnline, grant, sharedIdentityAt } = record;
  const facts = { isOnline, isRunning: run !== null, grants: grant === null ? [] : [grant] };
  return {
    ...record,
    button: buttonState(facts, Math.floor(now / 1000)),
    sharedIdentityAt: isRecentlyShared(sharedIdentityAt, now) ? sharedIdentityAt : null,
    run,
  };
}
