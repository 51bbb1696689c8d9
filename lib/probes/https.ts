import { Patience } from '../async/index.js';
import { codeOf } from '../errors.js';
import type { AskedRelay } from '../report/index.js';
import { PING_PATH, RELAY_PATIENCE } from './constants.js';
import { firstAnswer } from './http/first-answer.js';
import { type HttpAnswer, httpGet } from './http/get.js';
import { UNTRUSTED_CODES } from './http/tls-trust.js';
import type { ResolvedAddress } from './names/resolver.js';
import { type PlannedRun, type Probe, type ProbeContext, type RunResult, saw } from './probe.js';
import { ProbeFailure } from './probe-failure.js';

/** How long each relay takes to answer over HTTPS (over HTTP if its URL says so, as in development). */
export const httpsProbe = {
  name: 'https',
  plan: ({ relays }) => {
    const patience = new Patience(RELAY_PATIENCE);
    return relays.map(
      (relay): PlannedRun => ({
        target: relay.url,
        run: (context) => ping(relay, context, patience),
      }),
    );
  },
} as const satisfies Probe;

async function ping({ url }: AskedRelay, context: ProbeContext, patience: Patience): Promise<RunResult> {
  const pingUrl = new URL(PING_PATH, url);
  const { hostname } = pingUrl;
  // Before the clock starts: parsing the roots must not count as the relay's latency.
  const secureContext = pingUrl.protocol === 'https:' ? context.tls.trusted() : undefined;
  const get = (trust: typeof secureContext) =>
    firstAnswer(context.resolver.addresses(hostname), context.signal, async (address, signal) => {
      const { elapsed } = context;
      const answer = await patience.wait(signal, (cut) =>
        httpGet({ url: pingUrl, ip: address.ip, secureContext: trust, signal: cut, elapsed }),
      );
      // Who shows another certificate, or none, may stand nearby: that does not show that the path lives.
      if (trust !== undefined && trust === secureContext)
        context.lastTlsAnswerMs.set(address.family, elapsed());
      return { address, answer: successful(answer) };
    });
  try {
    return latency(url, await get(secureContext));
  } catch (error) {
    if (!UNTRUSTED_CODES.has(codeOf(error))) throw error;
    const machine = await context.tls.machine();
    if (machine === null) throw error;
    const { answer } = await get(machine).catch(() => {
      throw error;
    });
    return vouchedByMachine(url, answer);
  }
}

function successful(answer: HttpAnswer): HttpAnswer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw new ProbeFailure('HTTP_STATUS', `the relay answered with status ${answer.status}`);
}

function latency(
  relayUrl: string,
  { address, answer }: { address: ResolvedAddress; answer: HttpAnswer },
): RunResult {
  return saw({
    latencies: [{ relayUrl, kind: 'https', ms: answer.ms }],
    details: { ip: address.ip, status: answer.status },
  });
}

/** TLS inspection and a relay with a private CA look the same here, so the message names both. */
function vouchedByMachine(relayUrl: string, answer: HttpAnswer): RunResult {
  const issuer = answer.issuer ?? '';
  const who = `signed by "${issuer}", which this machine trusts and iroh does not`;
  return {
    outcome: 'failed',
    error: {
      code: 'ISSUER_UNKNOWN_TO_IROH',
      message: `the certificate is ${who}: TLS inspection, or the relay owner's own CA; iroh will not connect`,
    },
    observation: { interceptions: [{ relayUrl, issuer }] },
  };
}
