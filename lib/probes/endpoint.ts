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
                homeRelays: relaysInUse(endpoint),
                details: {
                  directAddrs: endpoint.directAddrs.length,
                  homeRelay: endpoint.homeRelay ?? 'none',
                },
              }),
          },
        ],
} as const satisfies Probe;

/**
 * Relays that carry a live path. The home relay in the endpoint's address proves nothing: iroh names it as soon as it
 * has chosen it, before it is connected, and goes on naming it while every attempt fails.
 */
function relaysInUse({ paths }: EndpointSnapshot): HomeRelaySeen[] {
  const urls = paths.flatMap(({ remoteAddr, isRelay }) => {
    const url = isRelay ? normaliseRelayUrl(remoteAddr) : null;
    return url === null ? [] : [url];
  });
  return [...new Set(urls)].map((relayUrl) => ({ relayUrl }));
}
