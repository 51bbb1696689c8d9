export { SharedRun, type SharedRunOptions } from '../async/index.js';
export type { AuditEvent, DialBack, DialBackOutcome } from './audit.js';
export type { RefusalReason } from './authorise.js';
export { ClientHost, type ClientHostOptions } from './client-host.js';
export { DEFAULT_HOST_LIMITS, type HostLimits } from './limits.js';
export {
  MemoryRevocationStore,
  Revocation,
  type RevocationOptions,
  type RevocationStore,
} from './revocation.js';
export { FileRevocationStore } from './revocation-file.js';
