/** What to say about endpoints, and which of them a filter finds. Pure. */
import type { EndpointJson, ReportSummaryJson } from '../dashboard/answers.js';
import { ago, durationText, shortId } from './format.js';

/** The labels of an endpoint, each as the user can type it into the filter. */
export function labelsOf({ group, attributes }: Pick<EndpointJson, 'group' | 'attributes'>): string[] {
  const words = attributes.map(([key, value]) => `${key}=${value}`);
  return group === null ? words : [`group:${group}`, ...words];
}

/** The filter text that finds all endpoints with this label. */
export function quoted(label: string): string {
  return label.includes(' ') ? `"${label}"` : label;
}

/**
 * Whether every word, or text in quotes, is found: a label as a whole, anything else as a part of the id, name or a
 * label.
 */
export function isWanted(
  endpoint: Pick<EndpointJson, 'id' | 'name' | 'group' | 'attributes'>,
  filter: string,
): boolean {
  const wanted = filter.toLowerCase().match(/"[^"]+"|[^ "]+/g) ?? [];
  const labels = labelsOf(endpoint).map((label) => label.toLowerCase());
  const names = [endpoint.id, (endpoint.name ?? '').toLowerCase(), ...labels];
  return wanted.every((part) => {
    const word = part.replaceAll('"', '');
    const isLabel = word.startsWith('group:') || word.includes('=');
    return isLabel ? labels.includes(word) : names.some((name) => name.includes(word));
  });
}

/** @param now - unix milliseconds */
export function stateText(
  {
    id,
    name,
    isOnline,
    lastSeenAt,
    sharedIdentityAt,
  }: Pick<EndpointJson, 'id' | 'name' | 'isOnline' | 'lastSeenAt' | 'sharedIdentityAt'>,
  now: number,
): string {
  const online = sharedIdentityAt === null ? 'Online' : 'Online: two processes with one key';
  const state = isOnline ? online : `Offline, last seen ${ago(lastSeenAt, now)}`;
  return name === null ? state : `${state} · ${shortId(id)}`;
}

/** '3 endpoints, 2 online, 1 shown' */
export function countText(all: number, online: number, shown: number): string {
  const count = all === 1 ? '1 endpoint' : `${all} endpoints`;
  return `${count}, ${online} online${shown === all ? '' : `, ${shown} shown`}`;
}

/** Where a report came from. */
export function sourceText({ durationMs }: Pick<ReportSummaryJson, 'durationMs'>): string {
  return durationMs === null ? 'Sent by the app' : `Dial-back in ${durationText(durationMs)}`;
}
