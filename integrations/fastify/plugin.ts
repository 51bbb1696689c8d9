import type { FastifyPluginAsync, RegisterOptions } from 'fastify';
import { type NetDiagnostics, NetDiagnosticsError, type NetDiagnosticsOptions } from '../../lib/index.js';
import { option, readOption, textKind } from '../../lib/settings/index.js';
import { prepareHosted } from '../shared/hosted.js';
import { fastifyLogger } from './fastify-logger.js';
import { mountRoutes } from './routes.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** The diagnostics of `iroh-net-diagnostics/fastify`. Not there when they were registered as another `decorator`. */
    netDiagnostics: NetDiagnostics;
  }
}

/** Options of the plugin; `prefix`, `logLevel` and `logSerializers` are of its routes, as with any plugin. */
export interface NetDiagnosticsFastifyOptions extends NetDiagnosticsOptions, RegisterOptions {
  /** Where the routes are mounted. They answer 403 until `http` opens them. Default: `/net-diagnostics`. */
  prefix?: string;
  /** The name on the app, for several in one: `app[decorator]`. Default: `netDiagnostics`. */
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
  // Neither hook waits for the network: the plugin time-out and the boot never see it.
  app.addHook('onReady', (booted) => {
    diagnostics.begin();
    booted();
  });
  // Before the server stops listening: it would wait for our streams.
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
 * Runs the diagnostics with the app: begun when it is ready (which they never delay or fail for reasons of the
 * network), stopped by `app.close()`.
 *
 * @example
 * await app.register(netDiagnostics, { prefix: '/net-diagnostics', http: { access: 'loopback' } });
 * app.get('/', () => app.netDiagnostics.status());
 * @throws NetDiagnosticsError `ERR_SETTING` for a malformed setting
 */
export const netDiagnostics: FastifyPluginAsync<NetDiagnosticsFastifyOptions> = Object.assign(plugin, {
  // What `fastify-plugin` sets, and all it does: the decorator and the hooks are of the app, not of a context below.
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'iroh-net-diagnostics',
  [Symbol.for('plugin-meta')]: { name: 'iroh-net-diagnostics', fastify: '>=5.0.0' },
});
