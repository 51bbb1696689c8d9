import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import type { NetDiagnostics, NetDiagnosticsOptions } from '../../lib/index.js';
import type { SafeLogger } from '../../lib/logger.js';
import { objectWith, option, readOption } from '../../lib/settings/index.js';
import { prepareHosted } from '../shared/hosted.js';
import { ListeningServer } from './listening-server.js';
import { noteMiddleware, shadowedMount } from './same-mount.js';

const SERVER = option(objectWith<Server>('an http or https server', 'once', 'close', 'listen'), null);

/** Options of {@link netDiagnostics}. */
export interface NetDiagnosticsExpressOptions extends NetDiagnosticsOptions {
  /** The app's http(s) server: when it closes, the diagnostics stop. Default: none; call `stopWith()` or `stop()`. */
  server?: Server | undefined;
}

/** A request handler for `app.use(path, …)`, with methods that control the diagnostics behind it. */
export interface NetDiagnosticsMiddleware
  extends Pick<NetDiagnostics, 'ready' | 'status' | 'run' | 'lastReport' | 'stop'> {
  (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void;
  /**
   * The diagnostics, with everything else that can be done at run time: `pause`, `resume`, `grant`, `revoke`,
   * `preview`, `setName`, `setGroup`, `setAttributes`, `setAttribute`, `pushMetrics`, `handle`, `accept`.
   */
  readonly diagnostics: NetDiagnostics;
  /**
   * Stops when this server closes, for a server that is made after the middleware: `stopWith(app.listen(3000))`.
   * Streams end as soon as it stops listening. The connection to the platform ends when its last request is
   * answered.
   * @returns the server
   */
  stopWith<Listening extends Server>(server: Listening): Listening;
  /** `stop()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts the diagnostics, in the background, and makes the handler for their routes. These answer 403 until `http`
 * opens them. No signal handler is installed: pass the server, or call `stop()`.
 *
 * @example
 * const diagnostics = netDiagnostics({ name: 'web-1', http: { access: 'loopback' } });
 * app.use('/net-diagnostics', diagnostics);
 * diagnostics.stopWith(app.listen(3000));
 * @param options - explicit options win over the environment
 * @throws NetDiagnosticsError `ERR_SETTING` for a malformed setting; nothing else
 */
export function netDiagnostics({
  server: given,
  ...options
}: NetDiagnosticsExpressOptions = {}): NetDiagnosticsMiddleware {
  const server = readOption('netDiagnostics()', 'server', SERVER, given);
  const { diagnostics, routes, isEnabled, log } = prepareHosted(options);
  const servers: ListeningServer[] = [];
  let hasLooked = false;

  const stop = (): Promise<void> => {
    routes.close();
    return diagnostics.stop();
  };
  const middleware = (
    request: IncomingMessage,
    response: ServerResponse,
    next: (error?: unknown) => void,
  ): void => {
    if (!isEnabled) {
      next();
      return;
    }
    if (!hasLooked) {
      hasLooked = true;
      warnOfOther(middleware, request, log);
    }
    for (const listening of servers) listening.watchDuring(response);
    routes.handle(request, response, next);
  };
  const handle = Object.assign(middleware, {
    diagnostics,
    ready: diagnostics.ready.bind(diagnostics),
    status: diagnostics.status.bind(diagnostics),
    run: diagnostics.run.bind(diagnostics),
    lastReport: diagnostics.lastReport.bind(diagnostics),
    stop,
    [Symbol.asyncDispose]: stop,
    stopWith<Listening extends Server>(stopped: Listening): Listening {
      servers.push(new ListeningServer(stopped, { onStopListening: () => routes.close(), onClosed: stop }));
      return stopped;
    },
  });
  noteMiddleware(handle);
  if (server !== null) handle.stopWith(server);
  diagnostics.begin();
  return handle;
}

/** Called at the first request: by then the app has mounted everything. */
function warnOfOther(middleware: object, request: IncomingMessage, log: SafeLogger): void {
  const path = shadowedMount(middleware, request);
  if (path === null) return;
  log.warn(`${path}: another instance is mounted on this path too, and is never asked. Give each its own.`, {
    event: 'path-taken',
    path,
  });
}
