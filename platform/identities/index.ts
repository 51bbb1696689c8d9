export { openIdentity, putIdentity, readIdentity } from './identity-file.js';
export { type IdentityRow, IdentityTable } from './identity-table.js';
export { KeyRing } from './key-ring.js';
export { LeaseKeeper, type LeaseKeeperOptions } from './lease-keeper.js';
export type { LossReason } from './lease-rules.js';
export { PLATFORM_KEY_VARIABLE, PlatformKey } from './platform-key.js';
export { type RotatedKeys, rotatePlatformKey } from './rotate-key.js';
export type { HeldIdentity, LeaseEvents } from './tenure.js';
