/**
 * `iroh-net-diagnostics/fastify`: a plugin for Fastify 5.
 * @module iroh-net-diagnostics/fastify
 */
export { type NetDiagnosticsFastifyOptions, netDiagnostics, netDiagnostics as default } from './plugin.js';
