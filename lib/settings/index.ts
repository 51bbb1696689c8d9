/** How every option of this package is read, checked and refused. The tables of options are in the rooms that use them. */
export {
  anObject,
  callback,
  flag,
  hasMethods,
  type Kind,
  listOf,
  milliseconds,
  objectWith,
  oneOf,
  port,
  type TextKind,
  textKind,
  wholeNumber,
} from './kind.js';
export { nearest } from './nearest.js';
export {
  alpnNames,
  bindAddrs,
  endpointAddress,
  endpointId,
  fewPeers,
  formatBindAddrs,
  MAX_PEERS,
  MAX_RELAYS,
  peerAddresses,
  relays,
  relaysWithoutSecret,
  relayWithoutSecret,
  stunServers,
} from './network-kinds.js';
export { assertObject, readOption, readOptions } from './read.js';
export { SettingError, type SettingOrigin } from './setting-error.js';
export { show } from './show.js';
export {
  group,
  InvalidField,
  needed,
  option,
  type Row,
  reading,
  readRow,
  readTable,
  type Table,
  unknownProblem,
  type Values,
} from './table.js';
