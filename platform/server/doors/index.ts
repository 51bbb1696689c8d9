export {
  type AccessOptions,
  bearerIn,
  callerOf,
  type GuardedRoute,
  guard,
  type Needs,
  nothingHere,
} from './access.js';
export { addDoorPages } from './door-pages.js';
export { Doors, type DoorsDeps, type Ways } from './doors.js';
export { addressOf, allowedNames, isTls, strictTransport } from './origin.js';
export { relativePath, returnPath } from './return-path.js';
