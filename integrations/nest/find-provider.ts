import type { ModulesContainer } from '@nestjs/core';

/**
 * What a module of an optional package provides, found by the module's name: importing the package to have its token
 * would make it necessary. `undefined` when the app does not have it.
 */
export function findProvider<Provided>(
  modules: ModulesContainer,
  moduleName: string,
  isIt: (instance: object) => boolean,
): Provided | undefined {
  for (const { metatype, providers } of modules.values()) {
    // No other module's providers are looked into: some are proxies that do not like it.
    if (metatype?.name !== moduleName) continue;
    for (const { instance } of providers.values()) {
      if (typeof instance === 'object' && instance !== null && isIt(instance)) return instance as Provided;
    }
  }
  return undefined;
}
