import { option, readOption, relaysWithoutSecret } from '../settings/index.js';
import { DEFAULT_RELAY_QUIC_PORT, type Relay, type RelayOption, relayFromUrl } from '../wire/index.js';
import type { NativeBinding, NativeRelayConfig, NativeRelayMode } from './native.js';

const RELAYS = option(relaysWithoutSecret(), null);

/** @param of - whose option it is. @throws SettingError (`ERR_SETTING`) */
export function readRelays(
  of: string,
  relays: readonly (string | RelayOption)[] | undefined,
): readonly Relay[] | null {
  return readOption(of, 'relays', RELAYS, relays);
}

/** For the binding, in which a relay without `quicPort` has no QUIC address discovery. */
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

/** n0's own relays, as the binding ships them. */
export function defaultRelays(binding: NativeBinding): Relay[] {
  const map = binding.RelayMode.defaultMode().relayMap();
  return map.urls().map((url) => ({ ...relayFromUrl(url), quicPort: map.get(url)?.quicPort ?? null }));
}
