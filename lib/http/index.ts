/** The page and its routes, for any framework that hands over Node's own request and response. */
export { createHttpHandler, type HttpHandler, type HttpParts } from './handler.js';
export type { ProblemDetails, ProblemKind } from './problem.js';
export type { HttpTarget } from './target.js';
