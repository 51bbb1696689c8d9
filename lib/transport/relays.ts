import { DEFAULT_RELAY_QUIC_PORT, type Relay, relayFromUrl } from '../wire/index.js';
import type { NativeBinding, NativeRelayConfig, NativeRelayMode } from './native.js';

/** A relay for the binding. There, a relay without `quicPort` has no QUIC address discovery. */
export function relayOut({ url, quicPort, auth }: Relay): NativeRelayConfig {
  return {
    url,
    ...(quicPort === null ? {} : { quicPort: quicPort ?? DEFAULT_RELAY_QUIC_PORT }),
    ...(typeof auth === 'object' && auth !== null ? { authToken: auth.token } : {}),
  };
}

export function relayModeOut(binding: NativeBinding, relays: readonly Relay[]): NativeRelayMode {
  const map = binding.RelayMap.empty();
  for (const relay of relays) map.insert(relayOut(relay));
  return binding.RelayMode.custom(map);
}

/** n0's relays, as they come with the binding. */
export function defaultRelays(binding: NativeBinding): Relay[] {
  const map = binding.RelayMode.defaultMode().relayMap();
  return map.urls().map((url) => ({ ...relayFromUrl(url), quicPort: map.get(url)?.quicPort ?? null }));
}
