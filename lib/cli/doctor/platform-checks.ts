/** What the doctor checks on the way to the platform: one function for each step. */
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs, onAbort, systemClock } from '../../async/index.js';
import { DEFAULT_CLIENT_LIMITS, PlatformConnection } from '../../client/index.js';
import { diagnose } from '../../diagnose/index.js';
import { messageOf } from '../../errors.js';
import { NetDiagnostics } from '../../net-diagnostics/index.js';
import type { Settings } from '../../options/index.js';
import type { LocalReport } from '../../report/index.js';
import type { Status } from '../../status.js';
import {
  type Connection,
  ConnectionClosedError,
  type Endpoint,
  type PathInfo,
} from '../../transport/index.js';
import {
  type ApiSecret,
  CLOSE_NORMAL,
  CLOSE_UNAUTHORIZED,
  SERVICES_ALPN,
  type SecretKey,
} from '../../wire/index.js';
import { asDoctor } from './checks.js';
import { type Found, StepFailed, StepSkipped } from './step.js';

/** A connection that begins over a relay usually finds its direct path within a second. */
const DIRECT_PATH_PATIENCE_MS = 2_000;
const PATH_POLL_MS = 50;

/** Whether the relays that the secret names resolve and answer. */
export async function checkRelays(
  { platform }: ApiSecret,
  { deadline }: Settings,
  signal: AbortSignal,
): Promise<Found<null>> {
  const urls = platform.relayUrls;
  if (urls.length === 0) throw new StepSkipped('the secret names no relay');
  const local = await diagnose({
    relays: urls,
    probes: ['https', 'qad'],
    deadline,
    signal,
  });
  signal.throwIfAborted();
  const lines = local.verdict.relays.map(({ url, answered, httpsMs, ipv4Ms, ipv6Ms }) => {
    const best = [httpsMs, ipv4Ms, ipv6Ms].filter((ms) => ms !== null);
    return answered && best.length > 0
      ? `${url} answers in ${Math.min(...best).toFixed(1)} ms`
      : `${url} does not answer (${troubleOf(local, url)})`;
  });
  const isAnswered = local.verdict.relays.some(({ answered }) => answered);
  if (!isAnswered) {
    throw new StepFailed(
      lines.join('; '),
      "Check this machine's DNS, and that a firewall lets HTTPS through to the relay (and UDP to its port 7842).",
    );
  }
  return { value: null, detail: lines.join('; ') };
}

function troubleOf({ probes }: LocalReport, url: string): string {
  const errors = probes.flatMap(({ target, error }) =>
    target === url && error !== undefined ? [error] : [],
  );
  const [first] = errors;
  return first === undefined ? 'nothing was asked' : `${first.code}: ${first.message}`;
}

/** Whether the platform can be dialled, and which way the connection takes. */
export async function checkPlatform(
  endpoint: Endpoint,
  { platform }: ApiSecret,
  signal: AbortSignal,
): Promise<Found<true>> {
  const timeoutMs = DEFAULT_CLIENT_LIMITS.connectTimeoutMs;
  const connection = await endpoint
    .connect(platform, SERVICES_ALPN, { signal, timeoutMs })
    .catch((error: unknown) => {
      const isNowhere = platform.relayUrls.length === 0 && platform.directAddrs.length === 0;
      const fix = isNowhere
        ? 'The secret names no address, so the platform is looked up by its id: that needs NET_DIAGNOSTICS_NETWORK=n0 and DNS.'
        : 'Check that the platform runs, and that UDP to the addresses in the secret (or HTTPS to its relays) gets through. If it has moved to another port or machine, make a new secret.';
      throw new StepFailed(whyOf(error, signal), fix, { cause: error });
    });
  try {
    return { value: true, detail: `reached ${wayOf(await bestPath(connection, signal))}` };
  } finally {
    connection.close(CLOSE_NORMAL);
  }
}

/** The path in use; a relayed connection gets some time to become a direct one. */
async function bestPath(connection: Connection, signal: AbortSignal): Promise<PathInfo | undefined> {
  const endsAt = monotonicMs() + DIRECT_PATH_PATIENCE_MS;
  for (;;) {
    const paths = connection.paths();
    const best = paths.find(({ isSelected }) => isSelected) ?? paths[0];
    const isFinal = best?.isRelay === false || connection.closeReason !== null;
    if (isFinal || signal.aborted || monotonicMs() > endsAt) return best;
    await delay(PATH_POLL_MS);
  }
}

function wayOf(path: PathInfo | undefined): string {
  if (path === undefined) return 'by a path that is not known';
  const way = path.isRelay ? `through the relay ${path.remoteAddr}` : `directly at ${path.remoteAddr}`;
  return `${way}, round trip ${path.rttMs.toFixed(1)} ms`;
}

/** Whether the platform takes the secret's client token, and answers requests afterwards. */
export async function checkAuthorisation(
  endpoint: Endpoint,
  apiSecret: ApiSecret,
  signal: AbortSignal,
): Promise<Found<true>> {
  const parts = { endpoint, apiSecret, clock: systemClock, limits: DEFAULT_CLIENT_LIMITS };
  try {
    const connection = await PlatformConnection.open(parts, signal);
    try {
      // It gets a name, so that nobody wonders about an unknown endpoint on the dashboard.
      await connection.request({ type: 'name-endpoint', name: 'iroh-net-diagnostics doctor' }, { signal });
      const ms = await connection.ping({ signal });
      return { value: true, detail: `the client token was taken; an answer takes ${ms.toFixed(1)} ms` };
    } finally {
      connection.close('the doctor is done');
    }
  } catch (error) {
    throw new StepFailed(whyOf(error, signal), authorisationFix(error), { cause: error });
  }
}

/** When time is up, the error says that a wait was cancelled; for the user, the other end was too slow. */
function whyOf(error: unknown, signal: AbortSignal): string {
  return signal.aborted ? 'nothing answered in time' : messageOf(error);
}

function authorisationFix(error: unknown): string {
  return error instanceof ConnectionClosedError && error.closeReason.code === CLOSE_UNAUTHORIZED
    ? "The platform does not know this secret, or it was revoked: make a new one on its dashboard. A clock that is far off has the same effect; this machine's says " +
        `${new Date(systemClock.now()).toISOString()}.`
    : 'The platform was reached, but does not answer as one: check its log, and that the address in the secret is still its own.';
}

/** Whether the platform takes a grant. It is sent as the app does it, so the dial-back is served meanwhile, too. */
export async function checkGrant(
  { env, secretKey, apiSecret }: { env: NodeJS.ProcessEnv; secretKey: SecretKey; apiSecret: ApiSecret },
  signal: AbortSignal,
): Promise<Found<null>> {
  const options = { ...asDoctor(secretKey), apiSecret, grant: true };
  const diagnostics = NetDiagnostics.start(options, env);
  const forget = onAbort(signal, () => void diagnostics.stop());
  try {
    const status = await diagnostics.ready();
    signal.throwIfAborted();
    if (status.grant.state !== 'granted') throw refused(status);
    const until = new Date(status.grant.until * 1000).toISOString();
    return {
      value: null,
      detail: `taken, until ${until}; it ends with the doctor, whose identity is gone then`,
    };
  } finally {
    forget();
    await diagnostics.stop();
  }
}

function refused({ state, grant, lastError }: Status): StepFailed {
  const why = grant.state === 'refused' ? grant.why : (lastError?.message ?? `the state is ${state}`);
  return new StepFailed(why, "Check on the platform that this secret's endpoints may grant diagnostics.");
}
