import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:net';
import type { NetDiagnostics } from '../../lib/index.js';

/** How often to look; Jest complains a second after the last test. Milliseconds. */
const LOOK_INTERVAL_MS = 200;
/** Looks in a row that have to find nothing: between two requests of a test nothing may be open for a moment. */
const LOOKS = 2;
/** The channel on which Node publishes each request to each HTTP server of the process. */
const REQUESTS = 'http.server.request.start';

/**
 * Stops the diagnostics when HTTP was served, no server listens any more, and nothing else is open in the process.
 * Without this, a test that sends requests to an app (supertest) and never stops it would never end: an endpoint
 * waits for its peers in native code, which keeps the process alive and cannot be told not to.
 */
export function endWithServers(diagnostics: Pick<NetDiagnostics, 'status'>, stop: () => Promise<void>): void {
  const listening = new Set<Server>();
  let hasServed = false;
  let looks = 0;
  const onRequest = (message: unknown): void => {
    hasServed = true;
    listening.add((message as { server: Server }).server);
  };
  const look = (): void => {
    if (diagnostics.status().state === 'stopped') end();
    for (const server of listening) if (!server.listening) listening.delete(server);
    looks = hasServed && listening.size === 0 && isNothingOpen() ? looks + 1 : 0;
    if (looks < LOOKS) return;
    end();
    void stop();
  };
  const timer = setInterval(look, LOOK_INTERVAL_MS).unref();
  const end = (): void => {
    clearInterval(timer);
    unsubscribe(REQUESTS, onRequest);
  };
  subscribe(REQUESTS, onRequest);
}

/** Whether Node itself would end now: no server, connection, timer, child or file in use. */
function isNothingOpen(): boolean {
  // In a worker of a cluster: its servers are in the primary process.
  if (process.channel !== undefined) return false;
  const known = setTimeout(() => {}, LOOK_INTERVAL_MS);
  const open = process.getActiveResourcesInfo();
  clearTimeout(known);
  const own = open.indexOf('Timeout');
  // A runtime that does not list this timer does not list what is open.
  if (own < 0) return false;
  open.splice(own, 1);
  // Standard output and error are listed when they are pipes or a terminal, but do not keep the process alive.
  return open.filter((type) => type !== 'PipeWrap' && type !== 'TTYWrap').length === 0;
}
