export { TrustAnchors } from './certificates/trust-anchors.js';
export { type Discovered, type DiscoverOptions, discover } from './discover.js';
export { QadError, type QadErrorCode } from './qad-error.js';
export { QadSocket } from './qad-socket.js';
