export type { PeerLimits } from './limits.js';
export { PeerHost, type PeerHostOptions } from './peer-host.js';
export type { PeerVisitEvent, PeerVisitOutcome } from './visit-event.js';
