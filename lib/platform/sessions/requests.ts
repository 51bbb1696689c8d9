/** What an authorised endpoint asks, and what it is answered. */
import { type Clock, nowSeconds } from '../../clock.js';
import { messageOf, printable } from '../../errors.js';
import {
  type EndpointId,
  encodePong,
  encodeUnitResult,
  type ServicesRequest,
  type Token,
} from '../../wire/index.js';
import { MAX_REPORTS_PER_ENDPOINT } from '../constants.js';
import type { EventBus } from '../events.js';
import { newReportId } from '../report-id.js';
import type { Store } from '../store/store.js';
import { refuseGrant } from './authorisation.js';
import { takeMetrics } from './metrics-intake.js';

/** What every request needs. */
export interface RequestContext {
  endpointId: EndpointId;
  platformId: EndpointId;
  store: Store;
  clock: Clock;
  events: EventBus;
}

/** All requests but `auth`, which is about the connection. */
export type EndpointRequest = Exclude<ServicesRequest, { type: 'auth' }>;

/** Longest text of ours in an answer: `messageOf` may quote a peer. */
const MAX_WHY = 200;

/** Carries out a request. @returns the encoded answer; never rejects */
export async function answerRequest(request: EndpointRequest, context: RequestContext): Promise<Uint8Array> {
  if (request.type === 'ping') return encodePong(request.id);
  try {
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
 * The answer to a request that cannot be taken as it is. The protocol has no word for bad input: `AuthError` is the
 * one failure that carries a text, and the official client shows it.
 */
export function refuseRequest(request: string, why: string, context: RequestContext): Uint8Array {
  context.events.emit({ type: 'request-refused', endpointId: context.endpointId, request, why });
  return encodeUnitResult({ ok: false, error: { kind: 'auth-error', message: why.slice(0, MAX_WHY) } });
}

async function carryOut(
  request: Exclude<EndpointRequest, { type: 'ping' }>,
  context: RequestContext,
): Promise<string | null> {
  const { endpointId, store, clock, events } = context;
  switch (request.type) {
    case 'name-endpoint': {
      // It is shown to operators, in a browser and perhaps in a terminal.
      const name = printable(request.name);
      await store.nameEndpoint(endpointId, name);
      events.emit({ type: 'named', endpointId, name });
      return null;
    }
    case 'put-metrics': {
      const { sessionId, update } = request;
      const why = await takeMetrics(store, { endpointId, sessionId, update, receivedAt: clock.now() });
      if (why === null) events.emit({ type: 'metrics', endpointId });
      return why;
    }
    case 'grant-cap':
      return takeGrant(request.token, context);
    case 'put-network-diagnostics': {
      // TLS proved who sends; a report about someone else would stand under the wrong name.
      if (request.report.endpointId !== endpointId) return 'the report is about another endpoint';
      const id = newReportId(clock.now());
      await store.addReport(
        {
          id,
          endpointId,
          source: 'upload',
          receivedAt: clock.now(),
          durationMs: null,
          report: request.report,
        },
        MAX_REPORTS_PER_ENDPOINT,
      );
      events.emit({ type: 'report', endpointId, reportId: id, source: 'upload' });
      return null;
    }
  }
}

async function takeGrant(token: Token, { endpointId, platformId, store, clock, events }: RequestContext) {
  const why = refuseGrant(token, { endpointId, platformId, nowSeconds: nowSeconds(clock) });
  if (why !== null) return why;
  const caps = token.caps.toStrings();
  const { expiresAt } = token;
  await store.putGrant({ endpointId, caps, token: token.encode(), expiresAt, grantedAt: clock.now() });
  events.emit({ type: 'granted', endpointId, caps, expiresAt });
  return null;
}
