import { NetDiagnosticsError } from '../errors.js';
import { normaliseRelayUrl } from '../wire/index.js';
import { DEFAULT_RELAY_QUIC_PORT } from './constants.js';
import type { NativeBinding, NativeRelayConfig, NativeRelayMode } from './native.js';
import type { RelayConfig } from './types.js';

/** A relay with everything filled in and checked. */
export interface CheckedRelay {
  url: string;
  quicPort: number | null;
  authToken: string | undefined;
}

/** @throws NetDiagnosticsError `ERR_SETTING` */
export function checkRelay({
  url,
  quicPort = DEFAULT_RELAY_QUIC_PORT,
  authToken,
}: RelayConfig): CheckedRelay {
  const normalised = normaliseRelayUrl(url);
  if (normalised === null) {
    throw new NetDiagnosticsError(
      'ERR_SETTING',
      'A relay was no URL; write it like https://relay.example.com/.',
    );
  }
  // The binding takes 0 for the default, which hides mistakes.
  if (quicPort !== null && !(Number.isInteger(quicPort) && quicPort >= 1 && quicPort <= 65_535)) {
    throw new NetDiagnosticsError(
      'ERR_SETTING',
      `A relay's quicPort was ${quicPort}; give 1 to 65535, or null for none.`,
    );
  }
  return { url: normalised, quicPort, authToken };
}

/** For the binding, in which a relay without `quicPort` has no QUIC address discovery. */
export function relayOut({ url, quicPort, authToken }: CheckedRelay): NativeRelayConfig {
  return {
    url,
    ...(quicPort === null ? {} : { quicPort }),
    ...(authToken === undefined ? {} : { authToken }),
  };
}

export function relayModeOut(binding: NativeBinding, relays: readonly CheckedRelay[]): NativeRelayMode {
  const map = binding.RelayMap.empty();
  for (const relay of relays) map.insert(relayOut(relay));
  return binding.RelayMode.custom(map);
}

/** n0's own relays, as the binding ships them. */
export function defaultRelays(binding: NativeBinding): CheckedRelay[] {
  const map = binding.RelayMode.defaultMode().relayMap();
  return map.urls().map((url) => checkRelay({ url, quicPort: map.get(url)?.quicPort ?? null }));
}
