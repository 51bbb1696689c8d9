/** Why the platform's button is grey. Pure. */
import type { LocalReport, Status } from '../../lib/index.js';
import { shortId } from './format.js';

const NEVER_READY: Partial<Record<NonNullable<Status['reason']>, string>> = {
  'binding-unavailable':
    '@number0/iroh has no build for this machine, or cannot be loaded: see the log of the app.',
  'bind-failed': 'No socket could be bound: check the setting bindAddrs.',
  'key-file':
    'The key file cannot be read, made or understood: check the setting secretKeyFile and its rights.',
  'revocation-file':
    'The file beside the key file that tells which grants were taken back cannot be read: check its rights.',
  'no-endpoint': "The app's own endpoint never came: see the log of the app.",
  'endpoint-closed': 'The endpoint was closed by its owner: restart the app.',
};

/** One thing that the button needs. */
export interface ChecklistItem {
  id: string;
  label: string;
  state: 'ok' | 'not' | 'unknown';
  /** What to do, or what was found. */
  detail: string;
  /** A time for the end of `detail`, ISO 8601. */
  at: string | null;
}

/** Everything that the button needs, and what is missing. */
export interface ChecklistView {
  isReady: boolean;
  title: string;
  summary: string;
  items: ChecklistItem[];
}

/** The part of the latest report that is used. */
type SeenReport = Pick<LocalReport, 'endpoint'> | null;

/**
 * Everything that the platform's button needs, each item with what to do about it.
 * @param report - the latest one
 * @param now - unix milliseconds
 */
export function viewChecklist(status: Status, report: SeenReport, now: number): ChecklistView {
  const items = [
    secret(status),
    endpoint(status),
    homeRelay(report),
    platform(status),
    accepted(status),
    serves(status),
    running(status),
    granted(status, now),
  ];
  // A home relay helps, but is not required: the platform may have a direct path.
  const isReady = items.every(({ id, state }) => state === 'ok' || id === 'home-relay');
  const missing = items.filter(({ state }) => state === 'not').length;
  return {
    isReady,
    title: isReady ? 'The platform’s button is ready' : 'Why is the platform’s button grey?',
    summary: isReady ? 'Run Diagnostics on the platform calls this app back.' : greySummary(status, missing),
    items,
  };
}

function greySummary({ reason, state }: Status, missing: number): string {
  if (reason === 'switched-off') return 'The diagnostics are switched off: the setting enabled is false.';
  if (state === 'stopped') return 'The diagnostics were stopped; a restart of the app starts them again.';
  if (missing === 0) return 'Nothing is wrong: it is not there yet.';
  return missing === 1 ? 'One thing is missing.' : `${missing} things are missing.`;
}

function item(
  id: string,
  label: string,
  state: ChecklistItem['state'],
  detail: string,
  at: string | null = null,
): ChecklistItem {
  return { id, label, state, detail, at };
}

function secret({ reason, platform: named }: Status): ChecklistItem {
  const label = 'API secret';
  if (reason === 'no-secret') {
    return item(
      'secret',
      label,
      'not',
      'Make one on the platform and give it to the app as IROH_SERVICES_API_SECRET.',
    );
  }
  if (named === null) return item('secret', label, 'unknown', 'Not looked at yet.');
  return item('secret', label, 'ok', `For the platform ${shortId(named.id)}.`);
}

function endpoint({ state, reason, retryAt, endpointId, lastError }: Status): ChecklistItem {
  const label = 'Endpoint';
  if (state === 'disabled' || state === 'stopped') return item('endpoint', label, 'unknown', 'Not running.');
  if (state === 'starting') return item('endpoint', label, 'unknown', 'Starting…');
  if (state === 'unavailable') {
    const why =
      (reason === null ? undefined : NEVER_READY[reason]) ?? lastError?.message ?? 'See the log of the app.';
    return item('endpoint', label, 'not', retryAt === null ? why : `${why} Next attempt`, retryAt);
  }
  return item(
    'endpoint',
    label,
    'ok',
    endpointId === null ? 'Running.' : `Running as ${shortId(endpointId)}.`,
  );
}

function homeRelay(report: SeenReport): ChecklistItem {
  const label = 'Home relay';
  const found = report?.endpoint?.homeRelay ?? null;
  if (found !== null) return item('home-relay', label, 'ok', found);
  const detail =
    report === null
      ? 'Run the diagnostics to see.'
      : 'The latest report saw none: behind a NAT the platform may not get through. Check the settings network and relays.';
  return item('home-relay', label, 'unknown', detail);
}

function platform({ state, reason, retryAt, latencyMs }: Status): ChecklistItem {
  const label = 'Platform reachable';
  if (state === 'online') {
    return item(
      'platform',
      label,
      'ok',
      latencyMs === null ? 'Connected.' : `Connected, ${Math.max(1, Math.round(latencyMs))} ms away.`,
    );
  }
  if (state === 'unauthorized') return item('platform', label, 'ok', 'It answers.');
  if (state !== 'connecting') return item('platform', label, 'unknown', 'Not tried.');
  if (reason === 'identity-in-use') {
    const taken =
      'It answers, but another process with the same key took the place: give each a key of its own.';
    return item('platform', label, 'not', retryAt === null ? taken : `${taken} Next attempt`, retryAt);
  }
  if (reason !== 'platform-unreachable') return item('platform', label, 'unknown', 'Connecting…');
  const why =
    'No answer: check that the platform is up, and that the firewall lets UDP and HTTPS to the relays out.';
  return item('platform', label, 'not', retryAt === null ? why : `${why} Next attempt`, retryAt);
}

function accepted({ state, retryAt }: Status): ChecklistItem {
  const label = 'API secret accepted';
  if (state === 'online') return item('accepted', label, 'ok', 'The session is open.');
  if (state !== 'unauthorized') return item('accepted', label, 'unknown', 'The platform has not been asked.');
  const why =
    'The platform does not take it: it was revoked, or belongs to another platform. Make a new one.';
  return item('accepted', label, 'not', retryAt === null ? why : `${why} Next attempt`, retryAt);
}

function serves({ state, servesDialBack, endpointId }: Status): ChecklistItem {
  const label = 'Dial-backs served';
  if (servesDialBack) return item('serves', label, 'ok', 'The endpoint takes the calls of the platform.');
  if (endpointId === null || state === 'disabled' || state === 'stopped') {
    return item('serves', label, 'unknown', 'There is no endpoint yet.');
  }
  const what =
    "Bind the app's endpoint with CLIENT_HOST_ALPN, and hand its connections with that ALPN to accept().";
  return item('serves', label, 'not', what);
}

function running({ paused }: Status): ChecklistItem {
  const label = 'Not paused';
  if (paused)
    return item('running', label, 'not', 'The app has called pause(); resume() lets dial-backs in again.');
  return item('running', label, 'ok', 'Dial-backs are let in.');
}

function granted({ grant, state }: Status, now: number): ChecklistItem {
  const label = 'Granted';
  switch (grant.state) {
    case 'granted': {
      const at = new Date(grant.until * 1000).toISOString();
      if (grant.until * 1000 > now) return item('granted', label, 'ok', 'Until', at);
      return item(
        'granted',
        label,
        'not',
        'It has expired, and is renewed on the next connection. It was good until',
        at,
      );
    }
    case 'refused':
      return item('granted', label, 'not', `The platform did not take the grant: ${grant.why}`);
    case 'granting':
      return item('granted', label, 'unknown', 'A grant is on its way.');
    case 'ungranted':
      return item('granted', label, 'unknown', 'A grant goes out as soon as the platform is reached.');
    default:
      if (state !== 'online' && state !== 'connecting')
        return item('granted', label, 'unknown', 'Nothing is granted.');
      return item('granted', label, 'not', 'Nothing is granted: set grant to true, or call grant().');
  }
}
