/** What both of our HTTP servers need: the platform's dashboard and the routes mounted in an app. */
export { EventStream, type EventStreamOptions } from './event-stream.js';
export { SECURITY_HEADERS } from './headers.js';
export { isGone } from './is-gone.js';
export { hostName, isLoopbackHost } from './loopback.js';
export { type Site, siteOf } from './site.js';
