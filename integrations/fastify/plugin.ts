import type { FastifyBaseLogger, FastifyPluginAsync, RegisterOptions } from 'fastify';
import {
  type Logger,
  type LogSink,
  type NetDiagnostics,
  NetDiagnosticsError,
  type NetDiagnosticsOptions,
} from '../../lib/index.js';
import { option, readOption, textKind } from '../../lib/settings/index.js';
import { prepareHosted } from '../shared/hosted.js';
import { mountRoutes } from './routes.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** The diagnostics of `iroh-net-diagnostics/fastify`. Absent when another `decorator` was given. */
    netDiagnostics: NetDiagnostics;
  }
}

/** Options of the plugin; `prefix`, `logLevel` and `logSerializers` apply to its routes, as with any plugin. */
export interface NetDiagnosticsFastifyOptions extends NetDiagnosticsOptions, RegisterOptions {
  /** Where the routes are mounted. They answer 403 until `http` opens them. Default: `/net-diagnostics`. */
  prefix?: string;
  /** The name on the app: `app[decorator]`. Several in one app need different names. Default: `netDiagnostics`. */
  decorator?: string | undefined;
}

const DECORATOR = option(
  textKind('the name of a property', (text) => text),
  'netDiagnostics',
);

const MOUNT_PATH = '/net-diagnostics';

const plugin: FastifyPluginAsync<NetDiagnosticsFastifyOptions> = async (
  app,
  { prefix = MOUNT_PATH, logLevel, logSerializers, decorator: name, ...options },
) => {
  const decorator = readOption('the plugin', 'decorator', DECORATOR, name);
  if (app.hasDecorator(decorator)) {
    throw new NetDiagnosticsError(
      'ERR_SETTING',
      `app.${decorator} is there already. Register once, or give the second a \`decorator\` and a \`prefix\` of its own.`,
    );
  }
  const { diagnostics, routes, isEnabled } = prepareHosted({
    ...options,
    logger: options.logger ?? fastifyLogger(app.log),
  });
  app.decorate(decorator, diagnostics);
  // Neither hook waits for the network, so it can delay neither the boot nor the plugin past its time-out.
  app.addHook('onReady', (booted) => {
    diagnostics.begin();
    booted();
  });
  // Runs before the server stops listening, which would otherwise wait for our streams.
  app.addHook('preClose', (ended) => {
    routes.close();
    ended();
  });
  app.addHook('onClose', () => diagnostics.stop());
  if (!isEnabled) return;
  const routeOptions = Object.fromEntries(
    Object.entries({ logLevel, logSerializers }).filter(([, value]) => value !== undefined),
  );
  await app.register(mountRoutes, { ...routeOptions, prefix, handler: routes });
};

/**
 * Runs the diagnostics with the app. They begin when it is ready and are stopped by `app.close()`. The network can
 * neither delay the app nor make it fail.
 *
 * @example
 * await app.register(netDiagnostics, { prefix: '/net-diagnostics', http: { access: 'loopback' } });
 * app.get('/', () => app.netDiagnostics.status());
 * @throws NetDiagnosticsError `ERR_SETTING` for a malformed setting
 */
export const netDiagnostics: FastifyPluginAsync<NetDiagnosticsFastifyOptions> = Object.assign(plugin, {
  // This is all that `fastify-plugin` does: the decorator and the hooks belong to the app, not to a context below it.
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'iroh-net-diagnostics',
  [Symbol.for('plugin-meta')]: { name: 'iroh-net-diagnostics', fastify: '>=5.0.0' },
});

/** Sends our log lines to the app's own logger. With `logger: false`, Fastify's default, that is silent. */
function fastifyLogger(log: FastifyBaseLogger): Logger {
  const to = (level: 'debug' | 'info' | 'warn' | 'error'): LogSink => {
    return (message, fields = {}) => log[level](fields, message);
  };
  return { debug: to('debug'), info: to('info'), warn: to('warn'), error: to('error') };
}
