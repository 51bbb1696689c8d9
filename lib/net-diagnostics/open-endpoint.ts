import { bounded, type ClockJump, wakeful } from '../async/index.js';
import { backoffDelay } from '../client/index.js';
import { codeOf, hasCode, messageOf, NetDiagnosticsError } from '../errors.js';
import { FileRevocationStore, MemoryRevocationStore, Revocation } from '../host/index.js';
import type { SafeLogger } from '../logger.js';
import { type ActiveSettings, ephemeralKey, isNativeEndpoint, keyFromFile } from '../options/index.js';
import type { Reason } from '../status.js';
import {
  adoptEndpoint,
  bindEndpoint,
  type Endpoint,
  type NativeEndpoint,
  networkRelays,
} from '../transport/index.js';
import { CLIENT_HOST_ALPN, type EndpointId, type Relay, type SecretKey } from '../wire/index.js';
import { BIND_TIMEOUT_MS, OPEN_RETRY } from './constants.js';
import type { Parts } from './parts.js';
import { RelayTokens } from './relay-tokens.js';
import type { StatusStore } from './status-store.js';

/** An open endpoint and what belongs to it. */
export interface OpenedEndpoint {
  endpoint: Endpoint;
  relayTokens: RelayTokens;
  revocation: Revocation;
}

/** What {@link openEndpoint} needs. */
export interface OpenOptions {
  settings: ActiveSettings;
  parts: Parts;
  statusStore: StatusStore;
  log: SafeLogger;
  clockJump: ClockJump;
  signal: AbortSignal;
}

/** A failure with what it means for the status. */
class OpenFailure extends Error {
  readonly reason: Reason;
  readonly isFinal: boolean;

  constructor(reason: Reason, isFinal: boolean, cause: unknown) {
    super(messageOf(cause), { cause });
    this.reason = reason;
    this.isFinal = isFinal;
  }
}

/**
 * Prepares identity, endpoint and revocation mark. Failures that may end by themselves are retried, with the state
 * `unavailable` in between.
 * @returns `null` when it is final that there will be no endpoint (the status says why), or `signal` fired
 */
export async function openEndpoint(options: OpenOptions): Promise<OpenedEndpoint | null> {
  const { parts, statusStore, log, clockJump, signal } = options;
  // Made once: a retry must not change our identity.
  const ephemeral = ephemeralKey();
  const nap = wakeful(parts.sleep, clockJump);
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      return await openOnce(options, ephemeral);
    } catch (error) {
      if (signal.aborted) return null;
      const { reason, isFinal, cause } = asOpenFailure(error);
      const message = messageOf(cause);
      statusStore.noteError(codeOf(cause, 'ERR_UNKNOWN'), message);
      if (isFinal) {
        statusStore.set('unavailable', { reason });
        log.error(`no diagnostics: ${message}`, { event: 'unavailable', reason });
        return null;
      }
      const delay = backoffDelay(attempt, parts.random(), OPEN_RETRY);
      statusStore.set('unavailable', { reason, retryAt: parts.clock.now() + delay });
      log[attempt === 0 ? 'error' : 'debug'](`no diagnostics for now: ${message}`, {
        event: 'unavailable',
        reason,
        retryInMs: delay,
      });
      await nap(delay, signal).catch(() => {});
    }
  }
  return null;
}

async function openOnce(options: OpenOptions, ephemeral: SecretKey): Promise<OpenedEndpoint> {
  const { settings, parts } = options;
  const storeOf = (name: string) =>
    settings.secretKeyFile === null
      ? new MemoryRevocationStore()
      : new FileRevocationStore(`${settings.secretKeyFile}.${name}`);
  // Before anything listens: a grant that was taken back must never work, not even for a moment.
  const revocation = await Revocation.load(storeOf('revoked'), {
    clock: parts.clock,
    granted: storeOf('granted'),
  }).catch(failAs('revocation-file', false));
  const { endpoint, relayTokens } =
    settings.endpoint === null ? await bindOwn(options, ephemeral) : await adopt(settings.endpoint, options);
  return { endpoint, relayTokens, revocation };
}

async function bindOwn(
  options: OpenOptions,
  ephemeral: SecretKey,
): Promise<Omit<OpenedEndpoint, 'revocation'>> {
  const { settings, parts, signal } = options;
  const secretKey = await identity(options, ephemeral);
  const { network, bindAddrs } = settings;
  try {
    const relays = await relaysOf(options);
    const relayTokens = relayTokensOf(options, secretKey.id, relays ?? []);
    const bind = {
      secretKey,
      network: network === 'minimal' ? network : ('n0' as const),
      bindAddrs: bindAddrs ?? undefined,
      relays: relays === null ? undefined : relayTokens.configs(),
      alpns: [CLIENT_HOST_ALPN],
    };
    const endpoint = await bindEndpoint(bind, { signal, timeoutMs: BIND_TIMEOUT_MS }, parts.loadBinding);
    return { endpoint, relayTokens };
  } catch (error) {
    throw hasCode(error, 'ERR_BINDING_UNAVAILABLE')
      ? new OpenFailure('binding-unavailable', true, error)
      : new OpenFailure('bind-failed', false, error);
  }
}

/** The relays of the settings; n0's relays, each with a token, for the network `services`; `null`: iroh chooses. */
async function relaysOf({ settings, parts }: OpenOptions): Promise<readonly Relay[] | null> {
  if (settings.network !== 'services' || settings.relays !== null) return settings.relays;
  const relays = await networkRelays(parts.loadBinding);
  return relays.map((relay) => ({ ...relay, auth: 'services' as const }));
}

async function identity({ settings, log }: OpenOptions, ephemeral: SecretKey): Promise<SecretKey> {
  const { secretKey, secretKeyFile } = settings;
  if (secretKeyFile === null) return secretKey ?? ephemeral;
  const fromFile = await keyFromFile(secretKeyFile).catch(failAs('key-file', false));
  if (fromFile.warning !== null) log.warn(fromFile.warning, { event: 'key-file-exposed' });
  if (fromFile.isNew) {
    const endpointId = fromFile.secretKey.id;
    log.info(`made a new identity in ${secretKeyFile}`, { event: 'identity-made', endpointId });
  }
  return fromFile.secretKey;
}

async function adopt(
  promised: NativeEndpoint | PromiseLike<NativeEndpoint>,
  options: OpenOptions,
): Promise<Omit<OpenedEndpoint, 'revocation'>> {
  const { settings, signal } = options;
  const native = await orAborted(promised, signal).catch(failAs('no-endpoint', true));
  if (!isNativeEndpoint(native)) {
    const error = new NetDiagnosticsError(
      'ERR_SETTING',
      'The promise given as `endpoint` did not bring an Endpoint of @number0/iroh.',
    );
    throw new OpenFailure('no-endpoint', true, error);
  }
  const relays = settings.relays ?? [];
  const endpoint = adoptEndpoint(native, { alpns: settings.alpns ?? [], relays });
  return { endpoint, relayTokens: relayTokensOf(options, endpoint.id, relays) };
}

function relayTokensOf(
  { settings, parts, log, clockJump }: OpenOptions,
  endpointId: EndpointId,
  relays: readonly Relay[],
): RelayTokens {
  const { apiSecret } = settings;
  const { clock, sleep } = parts;
  return new RelayTokens({
    ...{ apiSecret, endpointId, relays, clock, log },
    sleep: wakeful(sleep, clockJump),
  });
}

/** The app's promise may never settle; `stop()` must not wait for it. */
function orAborted<T>(promised: T | PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return bounded('waiting for the endpoint', { signal }, Number.POSITIVE_INFINITY, (step) =>
    step(Promise.resolve(promised)),
  );
}

function failAs(reason: Reason, isFinal: boolean): (error: unknown) => never {
  return (error) => {
    throw new OpenFailure(reason, isFinal, error);
  };
}

function asOpenFailure(error: unknown): OpenFailure {
  return error instanceof OpenFailure ? error : new OpenFailure('failed', false, error);
}
