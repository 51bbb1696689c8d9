export { type AccessOptions, bearerIn, callerOf, guard, type Needs, nothingHere } from './access.js';
