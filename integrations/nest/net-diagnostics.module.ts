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
 * Runs `NetDiagnostics` with the app. It begins when the app has booted and is stopped by `app.close()`. The network
 * can neither delay the boot nor make it fail. With `http` its routes are mounted at `http.path`, behind the guards,
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
    // Undefined when the class itself was imported. Checked below, for a better message than Nest's.
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
    // Checked here, so that the error's stack leads to the registration. Whether the secret is missing is checked
    // when the app boots: until then the ConfigModule may put it into the environment.
    resolveSettings({ ...settings, required: null }, process.env);
    // biome-ignore lint/complexity/noThisInStatic: Nest takes `this` for the module, also in a subclass
    return super.forRoot(options);
  }

  /** The hook that Nest calls before it reads the routes. The options and the app's adapter are known by then. */
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
   * The first hook of a shutdown. Our handlers stop in it, since other modules now close what they may use, and our
   * streams end, since the server will wait for its last request. The server keeps its port until these hooks have
   * ended, so nothing here waits for the network.
   */
  async onModuleDestroy(): Promise<void> {
    const { routes, diagnostics } = this.#hosted;
    routes.close();
    await diagnostics.quiesce();
  }

  /** The last hook, after the server has closed. */
  async onApplicationShutdown(): Promise<void> {
    const { diagnostics, relay } = this.#hosted;
    await diagnostics.stop();
    relay.complete();
  }
}
