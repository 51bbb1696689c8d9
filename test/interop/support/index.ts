export { buildPeer } from './build.js';
export type * from './lines.js';
export {
  type AddressDiscoveryLine,
  type AddressDiscoveryOptions,
  addressDiscoveryArguments,
  type DelayWireLine,
  type DelayWireOptions,
  delayWireArguments,
  measurementsOf,
  type NetDiagnosticsLine,
  type NetDiagnosticsOptions,
  type NetReportLine,
  type NetReportOptions,
  netDiagnosticsArguments,
  netReportArguments,
  type PairLine,
  type PairOptions,
  type PairReadyLine,
  pairAcceptArguments,
  pairDialArguments,
} from './measurements.js';
export {
  RustClientHost,
  type RustClientHostOptions,
  RustPlatform,
  type RustPlatformOptions,
} from './peers.js';
export { type Line, PeerProcess } from './process.js';
export { RustBackend, RustClient2, type RustClient2Options } from './services-2.js';
export { interopAvailable } from './toolchain.js';
