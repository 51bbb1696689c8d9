/** What the doctor checks on this machine: one function for each step. */
import { messageOf } from '../../errors.js';
import {
  type NetDiagnosticsOptions,
  resolveSettings,
  type Settings,
  unknownVariables,
  unknownVariableText,
} from '../../options/index.js';
import { formatBindAddrs } from '../../settings/index.js';
import {
  bindEndpoint,
  type Endpoint,
  loadBinding,
  loadFailure,
  type NativeBinding,
} from '../../transport/index.js';
import {
  API_SECRET_ENV_VAR_NAME,
  type ApiSecret,
  formatSocketAddr,
  type SecretKey,
} from '../../wire/index.js';
import { secretFacts } from '../secret-facts.js';
import { type Found, StepFailed } from './step.js';

/**
 * Where the doctor differs from the app whose environment it shares. It has its own identity: the app's may be in
 * use at this moment, and one endpoint id in two places confuses relays and platform.
 */
export function asDoctor(secretKey: SecretKey): NetDiagnosticsOptions {
  return {
    required: false,
    name: 'iroh-net-diagnostics doctor',
    group: null,
    attributes: null,
    sshKeyFile: null,
    platform: null,
    secretKey,
    secretKeyFile: null,
    metrics: 0,
    reportOnStart: false,
    logger: false,
  };
}

/** Whether the environment's settings are valid. The secret has its own step. */
export async function checkSettings(env: NodeJS.ProcessEnv, secretKey: SecretKey): Promise<Found<Settings>> {
  try {
    const settings = resolveSettings({ ...asDoctor(secretKey), apiSecret: null, apiSecretFile: null }, env);
    if (!settings.enabled) {
      throw new StepFailed(
        'diagnostics are switched off',
        'Unset NET_DIAGNOSTICS_ENABLED, or set it to true.',
      );
    }
    const { network, relays, bindAddrs, grant } = settings;
    const parts = [
      `network ${network}`,
      relaysText(network, relays),
      bindAddrs === null ? 'every address' : `bound to ${formatBindAddrs(bindAddrs)}`,
      ...(grant ? [] : ['NET_DIAGNOSTICS_GRANT keeps the button closed']),
    ];
    // This is no failure: the environment of a machine may be used by several versions.
    const remarks = unknownVariables(env).map((variable) => `; ${unknownVariableText(variable)}`);
    return { value: settings, detail: `valid: ${parts.join(', ')}${remarks.join('')}` };
  } catch (error) {
    if (error instanceof StepFailed) throw error;
    throw new StepFailed(messageOf(error), 'Correct the variable that is named.', { cause: error });
  }
}

function relaysText(network: Settings['network'], relays: Settings['relays']): string {
  if (relays !== null) return `${relays.length} ${relays.length === 1 ? 'relay' : 'relays'} listed`;
  return network === 'minimal' ? 'no relays' : "n0's relays";
}

/** Whether there is a secret that parses. Its key is never shown. */
export async function checkSecret(read: PromiseSettledResult<ApiSecret | null>): Promise<Found<ApiSecret>> {
  if (read.status === 'rejected') {
    const fix = 'Copy it whole from the dashboard, without line breaks, or make a new one there.';
    throw new StepFailed(messageOf(read.reason), fix, { cause: read.reason });
  }
  const secret = read.value;
  if (secret === null) {
    throw new StepFailed(
      'there is none',
      `Set ${API_SECRET_ENV_VAR_NAME}, give --secret-file FILE, or pipe it in with "-". The platform's dashboard makes one.`,
    );
  }
  const { version, keyId, platform } = secretFacts(secret);
  const ways = [...platform.relays, ...platform.addrs];
  const detail = `version ${version}, key ${keyId}, platform ${platform.id} at ${ways.length === 0 ? 'no fixed address' : ways.join(' and ')}`;
  return { value: secret, detail };
}

/** Whether the native part of iroh loads here. */
export async function checkBinding(): Promise<Found<NativeBinding>> {
  const where = `${process.platform} ${process.arch}, Node ${process.versions.node}`;
  const binding = await loadBinding().catch((error: unknown) => {
    const { words, fix } = loadFailure(error instanceof Error ? error.cause : error);
    throw new StepFailed(`not on ${where}: ${words}`, fix, { cause: error });
  });
  return { value: binding, detail: `loads on ${where}` };
}

/** Whether sockets can be bound as the settings say. */
export async function checkEndpoint(
  { network, bindAddrs, relays }: Settings,
  secretKey: SecretKey,
  signal: AbortSignal,
): Promise<Found<Endpoint>> {
  const options = {
    secretKey,
    network: network === 'minimal' ? network : ('n0' as const),
    bindAddrs: bindAddrs ?? undefined,
    relays: relays?.map((relay) => ({ ...relay, auth: null })),
    alpns: [],
  };
  const endpoint = await bindEndpoint(options, { signal }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    const fix = 'Correct NET_DIAGNOSTICS_BIND, and allow this program to open UDP sockets.';
    throw new StepFailed(messageOf(error), fix, { cause: error });
  });
  return {
    value: endpoint,
    detail: `bound to ${endpoint.boundSockets().map(formatSocketAddr).join(' and ')}`,
  };
}
