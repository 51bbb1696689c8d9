export { openIdentity, putIdentity, readIdentity } from './identity-file.js';
export { PlatformKey } from './platform-key.js';
