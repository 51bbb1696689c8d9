/**
 * `iroh-net-diagnostics/nest`: the NestJS module.
 * @module iroh-net-diagnostics/nest
 */
export { getNetDiagnosticsToken, InjectNetDiagnostics } from './inject-net-diagnostics.js';
export {
  type NetDiagnosticsHealth,
  NetDiagnosticsHealthIndicator,
  type NetDiagnosticsHealthOptions,
  type NetDiagnosticsHealthStatus,
} from './net-diagnostics.health.js';
export { NetDiagnosticsModule } from './net-diagnostics.module.js';
export type {
  NetDiagnosticsModuleAsyncOptions,
  NetDiagnosticsModuleExtras,
  NetDiagnosticsModuleOptions,
  NetDiagnosticsOptionsFactory,
} from './net-diagnostics.module-definition.js';
export { NET_DIAGNOSTICS, NetDiagnosticsService } from './net-diagnostics.service.js';
