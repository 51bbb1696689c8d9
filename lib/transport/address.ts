import {
  type EndpointAddress,
  type EndpointId,
  endpointIdToBytes,
  formatSocketAddr,
  normaliseRelayUrl,
  parseSocketAddr,
  type SocketAddr,
} from '../wire/index.js';
import type { BytesOut } from './bytes.js';
import {
  classOf,
  type NativeEndpoint,
  type NativeEndpointAddr,
  type NativeEndpointAddrClass,
  type NativeEndpointId,
  type NativeEndpointIdClass,
} from './native.js';

/** Socket addresses as the binding writes them. */
export function socketAddrsIn(texts: readonly string[]): SocketAddr[] {
  return texts.map(parseSocketAddr);
}

/** An address from the binding, with the relay's URL normalised, which the binding does not do. */
export function addressIn(id: EndpointId, native: NativeEndpointAddr): EndpointAddress {
  const relayUrl = native.relayUrl();
  const normalised = relayUrl === null ? null : normaliseRelayUrl(relayUrl);
  return {
    id,
    relayUrls: normalised === null ? [] : [normalised],
    directAddrs: socketAddrsIn(native.directAddresses()),
  };
}

/** An id as an object of the copy of the binding that made `endpoint`. */
export function idOut(endpoint: NativeEndpoint, id: EndpointId, bytesOut: BytesOut): NativeEndpointId {
  return classOf<NativeEndpointIdClass>(endpoint.id()).fromBytes(bytesOut(endpointIdToBytes(id)));
}

/** An address for the binding, which takes only one relay URL: it gets the first. */
export function addressOut(
  endpoint: NativeEndpoint,
  to: EndpointAddress,
  bytesOut: BytesOut,
): NativeEndpointAddr {
  const Address = classOf<NativeEndpointAddrClass>(endpoint.addr());
  return new Address(
    idOut(endpoint, to.id, bytesOut),
    to.relayUrls[0] ?? null,
    to.directAddrs.map(formatSocketAddr),
  );
}
