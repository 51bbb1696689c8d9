import { Caps } from '../wire/index.js';
import type { GrantRecord } from './records.js';

/** What a dial-back must be allowed to do. */
export const DIAL_BACK_CAPS = Caps.of('net-diagnostics:get-any');

/** What the state of the Run Diagnostics button depends on. */
export interface ButtonFacts {
  /** Whether the endpoint has a live session. */
  isOnline: boolean;
  /** Whether a dial-back to it is under way. */
  isRunning: boolean;
  /** All of its grants. */
  grants: readonly Pick<GrantRecord, 'caps' | 'expiresAt' | 'grantedAt'>[];
}

/** Why the button is grey. */
export type GreyReason = 'no-grant' | 'grant-expired' | 'offline' | 'running';

/** Whether Run Diagnostics can be pressed; if not, why not, and what helps. */
export type ButtonState =
  | { enabled: true; until: number | null }
  | { enabled: false; reason: GreyReason; text: string };

const GREY: Record<GreyReason, string> = {
  'no-grant': 'No grant: this endpoint has not allowed the platform to run diagnostics.',
  'grant-expired': 'Grant expired: the endpoint renews it when it connects again.',
  offline: 'Offline: the endpoint has no session with the platform.',
  running: 'Running: a diagnostics run is under way.',
};

/**
 * Decides the button's state. If there are several reasons, the most lasting one is named: an endpoint without a grant
 * stays grey when it comes online.
 * @param nowSeconds - unix seconds
 */
export function buttonState(facts: ButtonFacts, nowSeconds: number): ButtonState {
  const usable = usableGrant(facts.grants, nowSeconds);
  if (usable === null) return grey(facts.grants.some(permitsDialBack) ? 'grant-expired' : 'no-grant');
  if (!facts.isOnline) return grey('offline');
  if (facts.isRunning) return grey('running');
  return { enabled: true, until: usable.expiresAt };
}

/** The newest grant that allows a dial-back and has not expired. Newest, since the app may have revoked older ones. */
export function usableGrant<G extends Pick<GrantRecord, 'caps' | 'expiresAt' | 'grantedAt'>>(
  grants: readonly G[],
  nowSeconds: number,
): G | null {
  const usable = grants.filter((grant) => permitsDialBack(grant) && !isExpired(grant.expiresAt, nowSeconds));
  return usable.toSorted((a, b) => b.grantedAt - a.grantedAt)[0] ?? null;
}

/**
 * Of an endpoint's grants the one that is shown: it allows a dial-back, and of several that do the one that lasts longest.
 * Where none does, the newest.
 */
export function shownGrant<G extends Pick<GrantRecord, 'caps' | 'expiresAt' | 'grantedAt'>>(
  grants: readonly G[],
): G | null {
  const newest = grants.toSorted((a, b) => b.grantedAt - a.grantedAt);
  const lasting = newest.filter(permitsDialBack).toSorted((a, b) => lastsUntil(b) - lastsUntil(a));
  return lasting[0] ?? newest[0] ?? null;
}

function lastsUntil({ expiresAt }: Pick<GrantRecord, 'expiresAt'>): number {
  return expiresAt ?? Number.MAX_VALUE;
}

/** Whether a token with this expiry (inclusive, unix seconds; `null` = never) has expired. */
export function isExpired(expiresAt: number | null, nowSeconds: number): boolean {
  return expiresAt !== null && nowSeconds > expiresAt;
}

/** Whether a grant allows a dial-back. */
export function permitsDialBack(grant: Pick<GrantRecord, 'caps'>): boolean {
  return Caps.parse(grant.caps).permits(DIAL_BACK_CAPS);
}

function grey(reason: GreyReason): ButtonState {
  return { enabled: false, reason, text: GREY[reason] };
}
