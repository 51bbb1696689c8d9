export { snapshotAddress } from './address-snapshot.js';
export { isStranded } from './paths.js';
export { Presence } from './presence.js';
export { Rates } from './rates.js';
export { Session, type SessionContext } from './session.js';
export { SharedPlaces } from './shared-places.js';
export { Slots } from './slots.js';
export { Strangers } from './strangers.js';
export { Twins } from './twins.js';
