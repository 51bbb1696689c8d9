import { type EndpointId, type PlatformEvent, trustedEndpointId } from 'iroh-net-diagnostics/services';

/** What happened to an endpoint, in the word of the event that told of it. */
export type EndpointChange = Exclude<
  Extract<PlatformEvent, { endpointId: EndpointId }>['type'],
  'run' | 'session-refused' | 'request-refused'
>;

/** Something that was written: who wants to know more reads it. */
export type Change =
  | { what: 'endpoint'; project: string; endpointId: EndpointId; how: EndpointChange }
  /** A run was asked for, or is further than it was. */
  | { what: 'run'; project: string; endpointId: EndpointId; runId: string }
  /** An API secret was made, or this one was revoked. */
  | { what: 'secrets'; project: string; revoked: EndpointId | null }
  /** An identity was made, or is free. */
  | { what: 'identities' }
  /** Somebody has fewer rights than before, or none: who serves a stream looks whether its caller may still see it. */
  | { what: 'access' };

const ID = /^[0-9a-f]{64}$/;

/** Reads what another process of the platform wrote. @returns `null` for what only a newer version knows */
export function readChange(value: unknown): Change | null {
  if (typeof value !== 'object' || value === null) return null;
  const given = value as Record<string, unknown>;
  const { what, project, how, runId } = given;
  if (what === 'identities' || what === 'access') return { what };
  if (typeof project !== 'string') return null;
  const endpointId = readId(given.endpointId);
  if (what === 'endpoint' && endpointId !== null && typeof how === 'string')
    return { what, project, endpointId, how: how as EndpointChange };
  if (what === 'run' && endpointId !== null && typeof runId === 'string')
    return { what, project, endpointId, runId };
  if (what === 'secrets') return { what, project, revoked: readId(given.revoked) };
  return null;
}

/** It was checked before it was stored, and comes out of the same database as the rows. */
function readId(value: unknown): EndpointId | null {
  return typeof value === 'string' && ID.test(value) ? trustedEndpointId(value) : null;
}
