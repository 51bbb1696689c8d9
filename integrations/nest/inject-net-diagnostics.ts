import { Inject } from '@nestjs/common';
import { NET_DIAGNOSTICS } from './net-diagnostics.service.js';

/**
 * The token of an instance, the same symbol in every copy of this package.
 * @param instance - as registered. Default: the one without a name
 */
export function getNetDiagnosticsToken(instance?: string): symbol {
  return instance === undefined ? NET_DIAGNOSTICS : Symbol.for(`iroh-net-diagnostics:service:${instance}`);
}

/**
 * Injects a `NetDiagnosticsService` by the name of its instance.
 *
 * @example
 * constructor(@InjectNetDiagnostics('edge') private readonly edge: NetDiagnosticsService) {}
 */
export function InjectNetDiagnostics(instance?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getNetDiagnosticsToken(instance));
}
