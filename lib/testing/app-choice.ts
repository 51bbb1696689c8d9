/** Which endpoint a test means, and why there is none. Pure. */

import type { NetDiagnostics } from '../net-diagnostics/index.js';
import type { EndpointView } from '../services/index.js';
import type { Status } from '../status.js';
import { printable } from '../text.js';
import { type EndpointId, shortId } from '../wire/index.js';

/** Which app is meant. With one app at a time neither is needed. */
export interface AppChoice {
  /** The app itself: a `NetDiagnostics`, or the service of the Nest module. */
  app?: Pick<NetDiagnostics, 'status'> | undefined;
  /** The name it was given (`name`), for instance when it runs in a process of its own. */
  name?: string | undefined;
}

/** The endpoints that are meant, those that have gone included. */
export function chosen(endpoints: readonly EndpointView[], { app, name }: AppChoice): EndpointView[] {
  const id = app?.status().endpointId;
  return endpoints.filter(
    (endpoint) => (id === undefined || endpoint.id === id) && (name === undefined || endpoint.name === name),
  );
}

/** An app whose button works. */
export interface Granted {
  endpointId: EndpointId;
  /** What it allows: `net-diagnostics:get-any`, and more where the app gives more. */
  caps: string[];
  /** Until when, in unix seconds; `null`: for ever. */
  expiresAt: number | null;
}

/** The app whose button works; `null` while there is none, or more than one is meant. */
export function grantedBy(endpoints: readonly EndpointView[], choice: AppChoice): Granted | null {
  const [one, ...others] = chosen(endpoints, choice).filter(({ isOnline }) => isOnline);
  if (one === undefined || others.length > 0) return null;
  const { button, grant } = one;
  // While it runs it cannot be pressed, but it works.
  if (grant === null || !(button.enabled || button.reason === 'running')) return null;
  return { endpointId: one.id, caps: grant.caps, expiresAt: grant.expiresAt };
}

/** What a time-out message tells of. */
export interface WaitFacts {
  choice: AppChoice;
  endpoints: readonly EndpointView[];
  isAway: boolean;
  /** Why an app was turned away last. */
  refusal: string | null;
}

/** Says, in sentences, what {@link grantedBy} lacks. */
export function explain(facts: WaitFacts): string {
  const { app } = facts.choice;
  return [fromThePlatform(facts), ...(app === undefined ? [] : [fromTheApp(app.status())])].join(' ');
}

function fromThePlatform({ choice, endpoints, isAway, refusal }: WaitFacts): string {
  if (isAway) return 'The platform is away: call comeBack().';
  const matching = chosen(endpoints, choice);
  const online = matching.filter(({ isOnline }) => isOnline);
  if (online.length > 1) {
    return `${online.length} apps are connected (${online.map(label).join(', ')}): say which by \`app\` or \`name\`.`;
  }
  const one = online[0] ?? matching[0];
  if (one !== undefined && !one.button.enabled) {
    return `${label(one)} is ${one.isOnline ? 'connected' : 'gone'}. ${one.button.text}${refused(refusal)}`;
  }
  const others = endpoints.length === 0 ? '' : ` There are others: ${endpoints.map(label).join(', ')}.`;
  return `No such app has come: is it started, and with platform.options() or platform.env?${others}${refused(refusal)}`;
}

function refused(why: string | null): string {
  return why === null ? '' : ` The last to come was refused: ${printable(why)}.`;
}

function fromTheApp({ state, reason, lastError }: Status): string {
  const why = reason === null ? '' : ` (${reason})`;
  return `The app says: ${state}${why}${lastError === null ? '' : `, "${lastError.message}"`}.`;
}

function label({ id, name }: EndpointView): string {
  return name === null ? shortId(id) : `${JSON.stringify(name)} (${shortId(id)})`;
}
