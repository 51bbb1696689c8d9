export { buildPeer } from './build.js';
export type * from './lines.js';
export {
  RustClientHost,
  type RustClientHostOptions,
  RustPlatform,
  type RustPlatformOptions,
} from './peers.js';
export { type Line, PeerProcess } from './process.js';
export { interopAvailable } from './toolchain.js';
