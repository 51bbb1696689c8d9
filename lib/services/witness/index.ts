export {
  addressIn,
  type FamilyNat,
  type Judgement,
  judge,
  type NatType,
  type NatTypeBy,
  natOf,
  type ReportLevel,
} from './judgement.js';
export { RelayPlaces } from './relay-places.js';
export type { Sighting } from './sighting.js';
export { Witness, type WitnessedSessions } from './witness.js';
