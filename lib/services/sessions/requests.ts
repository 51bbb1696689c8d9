/** The requests of an authorised endpoint, and their answers. */
import { type Clock, nowSeconds } from '../../async/index.js';

import { messageOf } from '../../errors.js';
import { printable } from '../../text.js';
import {
  type Attributes,
  type DiagnosticsReport,
  type EndpointId,
  encodePong,
  encodeUnitResult,
  type ServicesRequest,
  type Token,
} from '../../wire/index.js';
import type { EventBus } from '../events.js';
import { newReportId, type ProjectId } from '../records.js';
import type { Store } from '../store.js';
import type { Sighting } from '../witness/index.js';
import { refuseGrant } from './authorisation.js';
import { takeMetrics } from './metrics-intake.js';
import type { Rates } from './rates.js';

/** What every request needs. */
export interface RequestContext {
  /** The project of the session's secret. */
  project: ProjectId;
  endpointId: EndpointId;
  platformId: EndpointId;
  store: Store;
  clock: Clock;
  events: EventBus;
  rates: Rates;
  /** Reports that are kept of an endpoint. */
  keepReports: number;
  /** What the platform itself sees of the endpoint, whose report has just come. */
  see(report: DiagnosticsReport): Sighting | null;
}

/** All requests except `auth`, which is about the connection. */
export type EndpointRequest = Exclude<ServicesRequest, { type: 'auth' }>;

/** Characters of our text in an answer: `messageOf` may quote a long text of a peer. */
const MAX_WHY = 200;

/** Requests that came with 2.0: only clients that send them know the errors of 2.0. */
type NewRequest = Extract<EndpointRequest, { type: 'set-group' | 'set-attributes' }>;

/** Carries out a request. @returns the encoded answer; never rejects */
export async function answerRequest(request: EndpointRequest, context: RequestContext): Promise<Uint8Array> {
  if (request.type === 'ping') return encodePong(request.id);
  try {
    if (isNew(request) && !context.rates.mayLabel(context.endpointId)) {
      return encodeUnitResult({ ok: false, error: { kind: 'rate-limited' } });
    }
    const why = await carryOut(request, context);
    return why === null
      ? encodeUnitResult({ ok: true, value: undefined })
      : refuseRequest(request.type, why, context);
  } catch (error) {
    const { endpointId, events } = context;
    events.emit({ type: 'request-refused', endpointId, request: request.type, why: messageOf(error) });
    return encodeUnitResult({ ok: false, error: { kind: 'internal-server-error' } });
  }
}

/**
 * The answer to a request with bad input. A client of 1.0 does not know `invalid-input` and could not read it. For its
 * requests `AuthError` is used: the only failure there with a text, which the official client shows.
 */
export function refuseRequest(
  request: EndpointRequest['type'],
  why: string,
  context: Pick<RequestContext, 'endpointId' | 'events'>,
): Uint8Array {
  context.events.emit({ type: 'request-refused', endpointId: context.endpointId, request, why });
  const kind = isNew({ type: request }) ? 'invalid-input' : 'auth-error';
  return encodeUnitResult({ ok: false, error: { kind, message: why.slice(0, MAX_WHY) } });
}

function isNew<T extends { type: EndpointRequest['type'] }>(request: T): request is T & NewRequest {
  return request.type === 'set-group' || request.type === 'set-attributes';
}

async function carryOut(
  request: Exclude<EndpointRequest, { type: 'ping' }>,
  context: RequestContext,
): Promise<string | null> {
  const { project, endpointId, store, clock, events } = context;
  const ref = { project, id: endpointId };
  switch (request.type) {
    case 'name-endpoint': {
      // It is shown to operators, in a browser and perhaps in a terminal.
      const name = printable(request.name);
      await store.nameEndpoint(ref, name);
      events.emit({ type: 'named', project, endpointId, name });
      return null;
    }
    case 'set-group': {
      const group = printable(request.group);
      await store.groupEndpoint(ref, group);
      events.emit({ type: 'grouped', project, endpointId, group });
      return null;
    }
    case 'set-attributes': {
      const attributes = printableEntries(request.attributes);
      await store.describeEndpoint(ref, attributes);
      events.emit({ type: 'described', project, endpointId, attributes });
      return null;
    }
    case 'put-metrics': {
      const { sessionId, update } = request;
      const why = await takeMetrics(store, { ref, sessionId, update, receivedAt: clock.now() });
      if (why === null) events.emit({ type: 'metrics', project, endpointId });
      return why;
    }
    case 'grant-cap':
      return takeGrant(request.token, context);
    case 'put-network-diagnostics': {
      // TLS has proved the sender; a report about another endpoint would be listed under the wrong name.
      if (request.report.endpointId !== endpointId) return 'the report is about another endpoint';
      const id = newReportId(clock.now());
      await store.addReport(
        {
          project,
          id,
          endpointId,
          source: 'upload',
          receivedAt: clock.now(),
          durationMs: null,
          sighting: context.see(request.report),
          report: request.report,
        },
        context.keepReports,
      );
      events.emit({ type: 'report', project, endpointId, reportId: id, source: 'upload' });
      return null;
    }
  }
}

function printableEntries(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [printable(key), printable(value)]),
  );
}

async function takeGrant(token: Token, context: RequestContext) {
  const { project, endpointId, platformId, store, clock, events } = context;
  const why = refuseGrant(token, { endpointId, platformId, nowSeconds: nowSeconds(clock) });
  if (why !== null) return why;
  const caps = token.caps.toStrings();
  const { expiresAt } = token;
  await store.putGrant({
    ...{ project, endpointId, identity: platformId, caps },
    ...{ token: token.encode(), expiresAt, grantedAt: clock.now() },
  });
  events.emit({ type: 'granted', project, endpointId, caps, expiresAt });
  return null;
}
