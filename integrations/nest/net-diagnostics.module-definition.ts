import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { NetDiagnosticsOptions } from '../../lib/index.js';
import { NET_DIAGNOSTICS_OPTIONS, partsOf } from './net-diagnostics.providers.js';

/** What has to be known at registration, also with `forRootAsync`. */
export interface NetDiagnosticsModuleExtras {
  /** Whether every module may inject the service without importing this one. Default: false. */
  isGlobal?: boolean;
  /** The instance's name, for several in one app: `@InjectNetDiagnostics('edge')`. Default: no name. */
  instance?: string | undefined;
}

/** Lists every extra, also those without a default: Nest would treat a missing one as an option. */
const EXTRAS: NetDiagnosticsModuleExtras = { isGlobal: false, instance: undefined };

export const { ConfigurableModuleClass, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<NetDiagnosticsOptions>({ optionsInjectionToken: NET_DIAGNOSTICS_OPTIONS })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createNetDiagnosticsOptions')
    .setExtras<NetDiagnosticsModuleExtras>(EXTRAS, (definition, { isGlobal, instance }) => {
      const parts = partsOf(instance);
      return {
        ...definition,
        ...parts,
        providers: [...(definition.providers ?? []), ...parts.providers],
        global: isGlobal === true,
      };
    })
    .build();

/** Options of `NetDiagnosticsModule.forRoot`. */
export type NetDiagnosticsModuleOptions = NetDiagnosticsOptions & NetDiagnosticsModuleExtras;

/** Options of `NetDiagnosticsModule.forRootAsync`. */
export type NetDiagnosticsModuleAsyncOptions = typeof ASYNC_OPTIONS_TYPE;

/** What a class given as `useClass` or `useExisting` has to implement. */
export interface NetDiagnosticsOptionsFactory {
  /** Is called once, while the app is built. */
  createNetDiagnosticsOptions(): NetDiagnosticsOptions | Promise<NetDiagnosticsOptions>;
}
