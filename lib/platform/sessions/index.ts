export { snapshotAddress } from './address-snapshot.js';
export { Presence } from './presence.js';
export { Session, type SessionContext } from './session.js';
export { Slots } from './slots.js';
export { Strangers } from './strangers.js';
