import { captivePortalProbe } from './captive-portal.js';
import { endpointProbe } from './endpoint.js';
import { httpsProbe } from './https.js';
import { httpsViaProxyProbe } from './https-via-proxy.js';
import { natPmpProbe } from './nat-pmp.js';
import { pcpProbe } from './pcp.js';
import { peerProbe } from './peer.js';
import type { Probe, ProbeName } from './probe.js';
import { qadProbe } from './qad.js';
import { relayProbe } from './relay.js';
import { routeProbe } from './route.js';
import { stunProbe } from './stun.js';
import { upnpProbe } from './upnp.js';

/** All probes, in the order of their names. A new one is listed here and in `PROBE_NAMES`. */
export const PROBES = [
  routeProbe,
  endpointProbe,
  qadProbe(({ tls }) => tls.anchors()),
  httpsProbe,
  relayProbe,
  httpsViaProxyProbe,
  captivePortalProbe,
  pcpProbe,
  natPmpProbe,
  upnpProbe,
  stunProbe,
  peerProbe,
] as const satisfies readonly (Probe & { name: ProbeName })[];
