import type { DynamicModule, Provider, Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { notify } from '../../lib/async/index.js';
import type { NetDiagnosticsOptions } from '../../lib/index.js';
import { prepareHosted } from '../shared/hosted.js';
import { EventRelay } from './event-relay.js';
import { getNetDiagnosticsToken } from './inject-net-diagnostics.js';
import { NEST_HOSTED, type NestHosted } from './nest-hosted.js';
import { nestLogger } from './nest-logger.js';
import { createController } from './net-diagnostics.controller.js';
import { NetDiagnosticsHealthIndicator } from './net-diagnostics.health.js';
import { NetDiagnosticsService, serviceOf } from './net-diagnostics.service.js';

/** The token of the options that were given. */
export const NET_DIAGNOSTICS_OPTIONS = Symbol.for('iroh-net-diagnostics:options');

/** Everything that one registration adds to its module. @param instance - `undefined`: the one without a name */
export function partsOf(
  instance: string | undefined,
): Required<Pick<DynamicModule, 'controllers' | 'providers' | 'exports'>> {
  const controller = createController();
  const token = getNetDiagnosticsToken(instance);
  const providers: Provider[] = [
    {
      provide: NEST_HOSTED,
      inject: [NET_DIAGNOSTICS_OPTIONS, ModulesContainer],
      useFactory: hostedBy(controller, instance),
    },
    {
      provide: token,
      inject: [NEST_HOSTED],
      useFactory: ({ diagnostics, relay }: NestHosted) => serviceOf(diagnostics, relay.events$),
    },
    {
      provide: NetDiagnosticsHealthIndicator,
      inject: [token, ModulesContainer],
      useFactory: (service: NetDiagnosticsService, modules: ModulesContainer) =>
        new NetDiagnosticsHealthIndicator(service, modules),
    },
  ];
  const tokens: NonNullable<DynamicModule['exports']> = [token, NetDiagnosticsHealthIndicator];
  // Injection by type gives only the instance without a name.
  if (instance === undefined) {
    providers.push({ provide: NetDiagnosticsService, useExisting: token });
    tokens.push(NetDiagnosticsService);
  }
  return { controllers: [controller], providers, exports: tokens };
}

function hostedBy(controller: Type<unknown>, instance: string | undefined) {
  const context = instance === undefined ? 'NetDiagnostics' : `NetDiagnostics:${instance}`;
  return (options: NetDiagnosticsOptions | undefined, modules: ModulesContainer): NestHosted => {
    const relay = new EventRelay(modules, instance);
    const onEvent: NetDiagnosticsOptions['onEvent'] = (event) => {
      notify(() => options?.onEvent?.(event));
      relay.tell(event);
    };
    const hosted = prepareHosted({ ...options, onEvent, logger: options?.logger ?? nestLogger(context) });
    return { ...hosted, relay, instance, controller };
  };
}
