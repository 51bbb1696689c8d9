import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { NetDiagnostics, type NetDiagnosticsOptions, resolveSettings } from '../../lib/index.js';
import { nestLogger } from './nest-logger.js';
import {
  ConfigurableModuleClass,
  NET_DIAGNOSTICS_OPTIONS,
  type NetDiagnosticsModuleOptions,
} from './net-diagnostics.module-definition.js';
import { NET_DIAGNOSTICS, NetDiagnosticsService } from './net-diagnostics.service.js';

/**
 * Runs {@link NetDiagnostics} with the app: begun when the app has booted (which it never delays or fails for
 * reasons of the network), stopped by `app.close()`.
 *
 * `forRootAsync` takes the options from a factory or a class, with injected providers.
 *
 * @example
 * imports: [NetDiagnosticsModule.forRoot({ name: 'web-1' })]
 */
export class NetDiagnosticsModule
  extends ConfigurableModuleClass
  implements OnApplicationBootstrap, OnModuleDestroy
{
  readonly #diagnostics: NetDiagnostics;

  constructor(diagnostics: NetDiagnostics) {
    super();
    this.#diagnostics = diagnostics;
  }

  /**
   * @param options - explicit options win over the environment. Default: everything from the environment
   * @throws `ERR_SETTING` for a malformed setting
   */
  static override forRoot(options: NetDiagnosticsModuleOptions = {}): DynamicModule {
    const { isGlobal, ...settings } = options;
    // Here the error's stack leads to the registration. A missing secret is judged when the app boots: the
    // ConfigModule may put it into the environment until then.
    resolveSettings({ ...settings, required: null }, process.env);
    // biome-ignore lint/complexity/noThisInStatic: Nest takes `this` for the module, also in a subclass
    return super.forRoot(options);
  }

  onApplicationBootstrap(): void {
    this.#diagnostics.begin();
  }

  /** The first hook of a shutdown: while others still close what our handlers may use. */
  async onModuleDestroy(): Promise<void> {
    await this.#diagnostics.stop();
  }
}

// Decorators as plain calls: users' compilers need no flags, and one build serves all versions of Nest.
Inject(NET_DIAGNOSTICS)(NetDiagnosticsModule, undefined, 0);
Module({
  providers: [
    {
      provide: NET_DIAGNOSTICS,
      inject: [NET_DIAGNOSTICS_OPTIONS],
      useFactory: (options: NetDiagnosticsOptions | undefined) =>
        NetDiagnostics.prepare(
          { ...options, logger: options?.logger ?? nestLogger('NetDiagnostics') },
          process.env,
        ),
    },
    { provide: NetDiagnosticsService, useExisting: NET_DIAGNOSTICS },
  ],
  exports: [NET_DIAGNOSTICS, NetDiagnosticsService],
})(NetDiagnosticsModule);
