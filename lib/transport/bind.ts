import { bounded } from '../async/index.js';
import { hasCode, messageOf, NetDiagnosticsError } from '../errors.js';
import { bindAddrs, option, readOption, relaysWithoutSecret } from '../settings/index.js';
import { type BindAddrs, formatSocketAddr, type Relay, type SecretKey } from '../wire/index.js';
import { type BindingLoader, loadBinding } from './binding.js';
import { bytesOutLike, textToBytes } from './bytes.js';
import { IrohEndpoint } from './endpoint.js';
import type { NativeBinding, NativeEndpoint } from './native.js';
import { normaliseMessage } from './native-errors.js';
import { defaultRelays, relayModeOut } from './relays.js';
import type { BindOptions, Endpoint, WaitOptions } from './types.js';

/** Both families: with `'127.0.0.1:0'` alone the binding would still listen on `[::]`. */
const LOOPBACK = ['127.0.0.1:0', '[::1]:0'];

const OF = 'bindEndpoint()';
const RELAYS = option(relaysWithoutSecret(), null);
const BIND_ADDRS = option(bindAddrs(), null);

interface Plan {
  secretKey: SecretKey;
  network: BindOptions['network'];
  alpns: readonly string[];
  /** `null`: the network's own. */
  relays: readonly Relay[] | null;
  bindAddrs: readonly string[];
}

/**
 * Binds an endpoint. It accepts no connection until somebody listens (a `Router`, once started).
 * @param load - loads another binding, for tests
 * @throws NetDiagnosticsError `ERR_SETTING`, `ERR_BINDING_UNAVAILABLE`, `ERR_BIND`, `ERR_ABORTED`, `ERR_TIMEOUT`
 */
export async function bindEndpoint(
  options: BindOptions,
  wait: WaitOptions = {},
  load?: BindingLoader,
): Promise<Endpoint> {
  const { secretKey, network, alpns } = options;
  const relays = readOption(OF, 'relays', RELAYS, options.relays);
  const wanted = readOption(OF, 'bindAddrs', BIND_ADDRS, options.bindAddrs);
  const binding = await loadBinding(load);
  const plan = { secretKey, network, alpns, relays, bindAddrs: textsOf(wanted) };
  const native = await bounded('binding the endpoint', wait, Number.POSITIVE_INFINITY, (step) =>
    step(bindWithFallback(binding, plan, wanted === 'loopback'), (late) => {
      late.close().catch(() => {});
    }),
  );
  const known = relays ?? (network === 'n0' ? defaultRelays(binding) : []);
  return new IrohEndpoint(native, { isOwned: true, alpns, relays: known });
}

/** n0's own relays, as the binding ships them. @throws NetDiagnosticsError `ERR_BINDING_UNAVAILABLE` */
export async function networkRelays(load?: BindingLoader): Promise<readonly Relay[]> {
  return defaultRelays(await loadBinding(load));
}

/** A machine may have no `::1`. Then `loopback` means only `127.0.0.1`. */
async function bindWithFallback(
  binding: NativeBinding,
  plan: Plan,
  isLoopback: boolean,
): Promise<NativeEndpoint> {
  try {
    return await bind(binding, plan);
  } catch (error) {
    if (!isLoopback || !isAddressMissing(error)) throw error;
    return bind(binding, { ...plan, bindAddrs: plan.bindAddrs.filter((address) => address !== '[::1]:0') });
  }
}

async function bind(binding: NativeBinding, plan: Plan): Promise<NativeEndpoint> {
  const seed = plan.secretKey.toBytes();
  const bytesOut = bytesOutLike(binding.SecretKey.fromBytes(Array.from(seed)).toBytes());
  try {
    const builder = binding.Endpoint.builder();
    if (plan.network === 'n0') builder.applyN0();
    else builder.applyMinimal();
    builder.secretKey(bytesOut(seed));
    builder.alpns(plan.alpns.map((alpn) => bytesOut(textToBytes(alpn))));
    if (plan.relays !== null) builder.relayMode(relayModeOut(binding, plan.relays));
    for (const address of plan.bindAddrs) builder.bindAddr(address);
    return await builder.bind();
  } catch (error) {
    const where = plan.bindAddrs.length === 0 ? 'any address' : plan.bindAddrs.join(' and ');
    throw new NetDiagnosticsError(
      'ERR_BIND',
      `The endpoint could not bind ${where}: ${normaliseMessage(messageOf(error))}. Is the port in use, the address this machine's?`,
    );
  }
}

function isAddressMissing(error: unknown): boolean {
  // The messages of Linux, macOS and Windows for EADDRNOTAVAIL and EAFNOSUPPORT.
  return (
    hasCode(error, 'ERR_BIND') &&
    /assign requested address|address family|not valid in its context/i.test(messageOf(error))
  );
}

function textsOf(addrs: BindAddrs | null): readonly string[] {
  if (addrs === null) return [];
  return addrs === 'loopback' ? LOOPBACK : addrs.map(formatSocketAddr);
}
