import type { EndpointSnapshot, HomeRelaySeen } from '../report/index.js';
import { normaliseRelayUrl } from '../wire/index.js';
import { type Probe, saw } from './probe.js';

/** What iroh itself sees: the live paths in the snapshot that the report was given. */
export const endpointProbe = {
  name: 'endpoint',
  plan: ({ endpoint }) =>
    endpoint === null
      ? []
      : [
          {
            run: async () =>
              saw({
                paths: endpoint.paths,
                homeRelays: relayInUse(endpoint),
                details: {
                  directAddrs: endpoint.directAddrs.length,
                  homeRelay: endpoint.homeRelay ?? 'none',
                },
              }),
          },
        ],
} as const satisfies Probe;

/**
 * The home relay, if a live path leads through it. That it is named proves nothing: iroh names it as soon as it has chosen it,
 * before it is connected, and goes on naming it while every attempt fails. And a path through another relay was opened
 * through the peer's: other peers do not find this endpoint there.
 */
function relayInUse({ homeRelay, paths }: EndpointSnapshot): HomeRelaySeen[] {
  const home = homeRelay === null ? null : normaliseRelayUrl(homeRelay);
  const isUsed = paths.some(({ remoteAddr, isRelay }) => isRelay && normaliseRelayUrl(remoteAddr) === home);
  return home !== null && isUsed ? [{ relayUrl: home }] : [];
}
