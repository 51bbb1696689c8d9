export { openIdentity } from './identity-file.js';
