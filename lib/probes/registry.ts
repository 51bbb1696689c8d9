import { captivePortalProbe } from './captive-portal.js';
import { endpointProbe } from './endpoint.js';
import { httpsProbe } from './https.js';
import { httpsViaProxyProbe } from './https-via-proxy.js';
import { natPmpProbe } from './nat-pmp.js';
import { pcpProbe } from './pcp.js';
import type { Probe } from './probe.js';
import { qadProbe } from './qad.js';
import { routeProbe } from './route.js';
import { stunProbe } from './stun.js';
import { upnpProbe } from './upnp.js';

/** All probes. A new one is listed here; its name then is a setting's value. */
export const PROBES = [
  routeProbe,
  endpointProbe,
  qadProbe(({ tls }) => tls.anchors()),
  httpsProbe,
  httpsViaProxyProbe,
  captivePortalProbe,
  pcpProbe,
  natPmpProbe,
  upnpProbe,
  stunProbe,
] as const satisfies readonly Probe[];

/** The name of a probe. */
export type ProbeName = (typeof PROBES)[number]['name'];

/** The names of all probes, for validation and help texts. */
export const PROBE_NAMES: readonly ProbeName[] = PROBES.map(({ name }) => name);
