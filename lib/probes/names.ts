/** The names of all probes, for validation and help texts: they are asked for long before a probe is loaded. */
export const PROBE_NAMES = [
  'route',
  'endpoint',
  'qad',
  'https',
  'relay',
  'https-via-proxy',
  'captive-portal',
  'pcp',
  'nat-pmp',
  'upnp',
  'stun',
] as const;

/** The name of a probe. */
export type ProbeName = (typeof PROBE_NAMES)[number];
