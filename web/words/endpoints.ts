/** What to say about endpoints. Pure. */
import type { GreyReason } from '../../lib/services/index.js';
import type { EndpointRowJson, FleetAnswer, ReportSummaryJson } from '../dashboard/answers.js';
import { ago, durationText, numberText, shortId } from './format.js';
import { attributeLabel, groupLabel } from './list-filter.js';

/** The labels of an endpoint, each as the user can type it into the search. */
export function labelsOf({ group, attributes }: Pick<EndpointRowJson, 'group' | 'attributes'>): string[] {
  const words = attributes.map(([key, value]) => attributeLabel(key, value));
  return group === null ? words : [groupLabel(group), ...words];
}

/** What an endpoint is called: its name, or the beginning of its id where the name is none that can be seen. */
export function nameText({ id, name }: Pick<EndpointRowJson, 'id' | 'name'>): string {
  return name === null || /^[\p{C}\p{Z}]*$/u.test(name) ? shortId(id) : name;
}

/** @param now - unix milliseconds */
export function stateText(
  {
    id,
    name,
    isOnline,
    lastSeenAt,
    sharedIdentityAt,
  }: Pick<EndpointRowJson, 'id' | 'name' | 'isOnline' | 'lastSeenAt' | 'sharedIdentityAt'>,
  now: number,
): string {
  const online = sharedIdentityAt === null ? 'Online' : 'Online: two processes with one key';
  const state = isOnline ? online : `Offline, last seen ${ago(lastSeenAt, now)}`;
  return name === null ? state : `${state} · ${shortId(id)}`;
}

/** '1,204 endpoints, 980 online' */
export function countText({ total, online }: Pick<FleetAnswer, 'total' | 'online'>): string {
  return `${numberText(total)} ${total === 1 ? 'endpoint' : 'endpoints'}, ${numberText(online)} online`;
}

/** How much of the list is on the page: 'The first 50 of 1,204'. @param total - `null`: not known, as with a filter */
export function shownText(count: number, hasMore: boolean, total: number | null): string {
  const number = numberText(count);
  if (hasMore) return `The first ${number}${total === null ? ' that match' : ` of ${numberText(total)}`}`;
  if (total !== null) return count === 1 ? 'One' : `All ${number}`;
  return count === 0 ? 'None matches' : count === 1 ? 'One matches' : `${number} match`;
}

/** A report's colour in words; `none`: there is no report. */
export const LEVEL_WORDS: Readonly<Record<keyof FleetAnswer['levels'], string>> = {
  green: 'Direct',
  orange: 'Perhaps relayed',
  red: 'Relayed',
  grey: 'Not known',
  none: 'No report',
};

const GREY_WORDS: Readonly<Record<GreyReason, string>> = {
  'no-grant': 'No grant',
  'grant-expired': 'Grant expired',
  offline: 'Offline',
  running: 'Running…',
};

/** The state of the button in a word. */
export function buttonText({ button, isRunning }: Pick<EndpointRowJson, 'button' | 'isRunning'>): string {
  if (isRunning) return GREY_WORDS.running;
  return button.enabled ? 'Ready' : GREY_WORDS[button.reason];
}

/** Where a report came from. */
export function sourceText({ durationMs }: Pick<ReportSummaryJson, 'durationMs'>): string {
  return durationMs === null ? 'Sent by the app' : `Dial-back in ${durationText(durationMs)}`;
}
