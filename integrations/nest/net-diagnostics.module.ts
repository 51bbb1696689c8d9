import {
  type DynamicModule,
  Inject,
  Module,
  type NestModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  Optional,
} from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { resolveSettings } from '../../lib/core.js';
import { NetDiagnosticsError } from '../../lib/index.js';
import { NEST_HOSTED, type NestHosted } from './nest-hosted.js';
import { mountController } from './net-diagnostics.controller.js';
import {
  ConfigurableModuleClass,
  type NetDiagnosticsModuleOptions,
} from './net-diagnostics.module-definition.js';
import { warnOfTwins } from './twins.js';

/**
 * Runs `NetDiagnostics` with the app: begun when the app has booted (which it never delays or fails for reasons of
 * the network), stopped by `app.close()`. With `http` its routes are mounted at `http.path`, behind the guards,
 * interceptors, filters and the global prefix of the app.
 *
 * `forRootAsync` takes the options from a factory or a class, with injected providers.
 *
 * @example
 * imports: [NetDiagnosticsModule.forRoot({ name: 'web-1' })]
 */
@Module({})
export class NetDiagnosticsModule
  extends ConfigurableModuleClass
  implements NestModule, OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown
{
  readonly #hosted: NestHosted;
  readonly #adapterHost: HttpAdapterHost;
  readonly #modules: ModulesContainer;

  constructor(
    // Absent when the class itself was imported: said here, in better words than Nest's.
    @Optional() @Inject(NEST_HOSTED) hosted: NestHosted | undefined,
    @Inject(HttpAdapterHost) adapterHost: HttpAdapterHost,
    @Inject(ModulesContainer) modules: ModulesContainer,
  ) {
    super();
    if (hosted === undefined) {
      throw new NetDiagnosticsError(
        'ERR_SETTING',
        'NetDiagnosticsModule was imported as it is: write `imports: [NetDiagnosticsModule.forRoot()]`. Its options are optional.',
      );
    }
    this.#hosted = hosted;
    this.#modules = modules;
    this.#adapterHost = adapterHost;
  }

  /**
   * @param options - explicit options win over the environment. Default: everything from the environment
   * @throws `ERR_SETTING` for a malformed setting
   */
  static override forRoot(options: NetDiagnosticsModuleOptions = {}): DynamicModule {
    const { isGlobal, instance, ...settings } = options;
    // Here the error's stack leads to the registration. A missing secret is judged when the app boots: the
    // ConfigModule may put it into the environment until then.
    resolveSettings({ ...settings, required: null }, process.env);
    // biome-ignore lint/complexity/noThisInStatic: Nest takes `this` for the module, also in a subclass
    return super.forRoot(options);
  }

  /** Nest's hook before it reads the routes: the options are known, and also which adapter the app was given. */
  configure(): void {
    const { controller, path } = this.#hosted;
    const isFree = warnOfTwins(this.#hosted, this.#modules);
    if (path !== null && isFree) mountController(controller, path, this.#adapterHost.httpAdapter.getType());
  }

  /** Begins, in the background. */
  onApplicationBootstrap(): void {
    this.#hosted.diagnostics.begin();
  }

  /**
   * The first hook of a shutdown: while others still close what our handlers may use, and long before the server
   * waits for its last request, which a stream of ours would be. The server's port is held until these hooks are
   * through: nothing here waits for the network.
   */
  async onModuleDestroy(): Promise<void> {
    const { routes, diagnostics } = this.#hosted;
    routes.close();
    await diagnostics.quiesce();
  }

  /** The last one, after the server has closed. */
  async onApplicationShutdown(): Promise<void> {
    const { diagnostics, relay } = this.#hosted;
    await diagnostics.stop();
    relay.complete();
  }
}
