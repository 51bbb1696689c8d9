export { TrustAnchors } from './certificates/trust-anchors.js';
export type { Exchanged } from './connection/exchange.js';
export { connect, type Discovered, type DiscoverOptions, discover, type Session } from './discover.js';
export { Exchanges, type Proof } from './exchanges.js';
export { QadError, type QadErrorCode } from './qad-error.js';
export { QadSocket } from './qad-socket.js';
