import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { NetDiagnosticsOptions } from '../../lib/index.js';

/** What is known when the module is registered, also with `forRootAsync`. */
export interface NetDiagnosticsModuleExtras {
  /** Whether every module may inject `NetDiagnosticsService` without importing this one. Default: false. */
  isGlobal?: boolean;
}

/** The token of the options that were given. */
export const NET_DIAGNOSTICS_OPTIONS = Symbol.for('iroh-net-diagnostics:options');

export const { ConfigurableModuleClass, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<NetDiagnosticsOptions>({ optionsInjectionToken: NET_DIAGNOSTICS_OPTIONS })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createNetDiagnosticsOptions')
    .setExtras<NetDiagnosticsModuleExtras>({ isGlobal: false }, (definition, { isGlobal }) => ({
      ...definition,
      global: isGlobal === true,
    }))
    .build();

/** Options of `NetDiagnosticsModule.forRoot`. */
export type NetDiagnosticsModuleOptions = NetDiagnosticsOptions & NetDiagnosticsModuleExtras;

/** Options of `NetDiagnosticsModule.forRootAsync`. */
export type NetDiagnosticsModuleAsyncOptions = typeof ASYNC_OPTIONS_TYPE;

/** What a class given as `useClass` or `useExisting` has to offer. */
export interface NetDiagnosticsOptionsFactory {
  createNetDiagnosticsOptions(): NetDiagnosticsOptions | Promise<NetDiagnosticsOptions>;
}
