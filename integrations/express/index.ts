/**
 * `iroh-net-diagnostics/express`: a middleware for Express 4 and 5, or for any other `(request, response, next)`.
 * @module iroh-net-diagnostics/express
 */
export {
  type NetDiagnosticsExpressOptions,
  type NetDiagnosticsMiddleware,
  netDiagnostics,
} from './middleware.js';
