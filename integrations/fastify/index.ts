/** `iroh-net-diagnostics/fastify`: a plugin for Fastify 5. */
export { type NetDiagnosticsFastifyOptions, netDiagnostics, netDiagnostics as default } from './plugin.js';
