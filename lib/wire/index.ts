export {
  type IsPublicAddress,
  isBehindNat,
  isInNetwork,
  isLocalHost,
  isLoopbackAddress,
  isPublicAddress,
  isSharedAddress,
  leadsNowhere,
} from './address-class.js';
export { ApiSecret } from './api-secret.js';
export { API_SECRET_ENV_VAR_NAME, looksLikeApiSecret } from './api-secret-text.js';
export { type Attributes, attributesFault, nameFault } from './attributes.js';
export { type Capability, Caps } from './capability.js';
export {
  CLIENT_HOST_ALPN,
  type ClientHostRequest,
  decodeClientHostRequest,
  encodeClientHostRequest,
} from './client-host-protocol.js';
export * from './close-codes.js';
export { type EndpointAddress, formatEndpointAddress } from './endpoint-address.js';
export {
  type EndpointId,
  endpointIdFromBytes,
  endpointIdToBytes,
  parseEndpointId,
  shortId,
  trustedEndpointId,
} from './endpoint-id.js';
export {
  encodeFrame,
  FrameLengthDecoder,
  MAX_FRAME_HEADER_SIZE,
  MAX_MESSAGE_SIZE,
  readFrameLength,
} from './framing.js';
export { InvalidValue } from './invalid-value.js';
export {
  canonicalIp,
  ipFromBytes,
  ipv6ToBytes,
  networkOf,
  unmappedIp,
  withBrackets,
  withoutBrackets,
} from './ip-address.js';
export type { MetricSchema, MetricsSchema, MetricsUpdate, MetricValue } from './metrics.js';
export type { NetReport, RelayLatency } from './net-report.js';
export { readOpensshKey, readOpensshPublicKey } from './openssh-key.js';
export * from './peer-protocol.js';
export {
  DEFAULT_RELAY_QUIC_PORT,
  normaliseRelayUrl,
  type Relay,
  type RelayAuth,
  type RelayOption,
  relayFromUrl,
} from './relay.js';
export { type DiagnosticsReport, decodeReport, encodeReport, type PortmapProbe } from './report.js';
export {
  decodeReportResult,
  decodeUnitResult,
  encodeReportResult,
  encodeUnitResult,
  type RemoteFailure,
  type RemoteResult,
} from './result.js';
export { SecretKey, verifySignature } from './secret-key.js';
export {
  decodePong,
  decodeServicesRequest,
  encodePong,
  encodeServicesRequest,
  ID_SIZE,
  OWN_PLATFORM_ALPN,
  SERVICES_ALPN,
  type ServicesRequest,
} from './services-protocol.js';
export {
  type BindAddrOption,
  type BindAddrs,
  compareSocketAddr,
  formatSocketAddr,
  parseSocketAddr,
  type SocketAddr,
  socketAddr,
  unmapped,
} from './socket-addr.js';
export { formatStunServer, parseStunServer, type StunServer, type StunServerOption } from './stun-server.js';
export {
  relayAuthToken,
  TOKEN_LIFETIME_SECONDS,
  Token,
  type TokenOrigin,
  type TokenRequest,
} from './token.js';
export { UnknownRequestError, WireError } from './wire-error.js';
