import { Patience } from '../async/index.js';
import type { AskedRelay, PortalAnswer } from '../report/index.js';
import { CHALLENGE_FORM, HTTP_PORT, PORTAL_PATH, RELAY_PATIENCE } from './constants.js';
import { firstAnswer } from './http/first-answer.js';
import { type HttpAnswer, httpGet, tlsName } from './http/get.js';
import { type PlannedRun, type Probe, type ProbeContext, type RunResult, saw } from './probe.js';

/** Asks each relay over plain HTTP for an answer that a portal would not give by chance. */
export const captivePortalProbe = {
  name: 'captive-portal',
  plan: ({ relays }) => {
    const patience = new Patience(RELAY_PATIENCE);
    return relays.map(
      (relay): PlannedRun => ({
        target: relay.url,
        run: (context) => check(relay, context, patience),
      }),
    );
  },
} as const satisfies Probe;

async function check({ url }: AskedRelay, context: ProbeContext, patience: Patience): Promise<RunResult> {
  const portalUrl = portalUrlOf(url, context.portalPort);
  const challenge = `ts_${portalUrl.hostname}`;
  if (!CHALLENGE_FORM.test(challenge)) {
    const message = "the relay's name is too long for a challenge, or an IPv6 address";
    return { outcome: 'skipped', error: { code: 'NO_CHALLENGE', message } };
  }
  const { elapsed } = context;
  const headers = { 'X-Iroh-Challenge': challenge };
  const { hostname } = portalUrl;
  const answer = await firstAnswer(context.resolver.addresses(hostname), context.signal, ({ ip }, signal) =>
    patience.wait(signal, (cut) => httpGet({ url: portalUrl, ip, headers, signal: cut, elapsed })),
  );
  return saw({
    portals: [{ relayUrl: url, answer: kindOf(answer, portalUrl, challenge), status: answer.status }],
  });
}

/** A relay in development speaks plain HTTP at the port in its URL, a real one at port 80. */
function portalUrlOf(relayUrl: string, port: number): URL {
  const url = new URL(PORTAL_PATH, relayUrl);
  if (url.protocol === 'http:') return url;
  return new URL(`http://${url.hostname}${port === HTTP_PORT ? '' : `:${port}`}${PORTAL_PATH}`);
}

function kindOf({ status, location, irohResponse }: HttpAnswer, url: URL, challenge: string): PortalAnswer {
  if (status === 204 && irohResponse === `response ${challenge}`) return 'right';
  if (status >= 300 && status < 400 && isOwnHttps(location, url)) return 'own-https';
  return status >= 400 && status < 500 ? 'client-error' : 'wrong';
}

function isOwnHttps(location: string | null, from: URL): boolean {
  if (location === null || !URL.canParse(location, from.href)) return false;
  const to = new URL(location, from);
  return to.protocol === 'https:' && tlsName(to.hostname) === tlsName(from.hostname);
}
