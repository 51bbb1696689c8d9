/** Finds the endpoint that a test means, or explains why there is none. Pure. */

import type { NetDiagnostics } from '../net-diagnostics/index.js';
import type { EndpointView } from '../services/index.js';
import type { Status } from '../status.js';
import { printable } from '../text.js';
import { type EndpointId, shortId } from '../wire/index.js';

/** Which app is meant. If only one app is connected at a time, neither field is needed. */
export interface AppChoice {
  /** The app itself: a `NetDiagnostics`, or the service of the Nest module. */
  app?: Pick<NetDiagnostics, 'status'> | undefined;
  /** The app's setting `name`, for instance if it runs in another process. */
  name?: string | undefined;
}

/** The endpoints that are meant, also those that are offline now. */
export function chosen(endpoints: readonly EndpointView[], { app, name }: AppChoice): EndpointView[] {
  const id = app?.status().endpointId;
  return endpoints.filter(
    (endpoint) => (id === undefined || endpoint.id === id) && (name === undefined || endpoint.name === name),
  );
}

/** An app whose button works. */
export interface Granted {
  endpointId: EndpointId;
  /** What it allows: `net-diagnostics:get-any`, and more if the app gives more. */
  caps: string[];
  /** When it expires, in unix seconds; `null`: never. */
  expiresAt: number | null;
}

/** The app whose button works; `null` if there is none, or if more than one is meant. */
export function grantedBy(endpoints: readonly EndpointView[], choice: AppChoice): Granted | null {
  const [one, ...others] = chosen(endpoints, choice).filter(({ isOnline }) => isOnline);
  if (one === undefined || others.length > 0) return null;
  const { button, grant } = one;
  // During a run the button cannot be pressed, but it works.
  if (grant === null || !(button.enabled || button.reason === 'running')) return null;
  return { endpointId: one.id, caps: grant.caps, expiresAt: grant.expiresAt };
}

/** The facts for the message of a time-out. */
export interface WaitFacts {
  choice: AppChoice;
  endpoints: readonly EndpointView[];
  isAway: boolean;
  /** Why the platform last refused an app. */
  refusal: string | null;
}

/** Says in sentences why {@link grantedBy} found nothing. */
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
