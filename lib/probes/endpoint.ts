import { type Probe, saw } from './probe.js';

/** What iroh itself sees: the live paths of the snapshot the report was given. */
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
                details: {
                  directAddrs: endpoint.directAddrs.length,
                  homeRelay: endpoint.homeRelay ?? 'none',
                },
              }),
          },
        ],
} as const satisfies Probe;
