export { snapshotAddress } from './address-snapshot.js';
export { EndpointSession, type SessionContext } from './endpoint-session.js';
export { KnownSecrets } from './known-secrets.js';
export { isStranded } from './paths.js';
export { Presence } from './presence.js';
export { Rates } from './rates.js';
export { SharedPlaces } from './shared-places.js';
export { isRecentlyShared, Twins } from './twins.js';
export { Unauthenticated } from './unauthenticated.js';
