import type { ModulesContainer } from '@nestjs/core';

/**
 * Finds a provider of an optional package's module by the module's name: importing the package for its token would
 * make it required. `undefined` when the app does not have it.
 */
export function findProvider<Provided>(
  modules: ModulesContainer,
  moduleName: string,
  isIt: (instance: object) => boolean,
): Provided | undefined {
  for (const { metatype, providers } of modules.values()) {
    // Only this module's providers are examined: some of other modules are proxies that do not tolerate it.
    if (metatype?.name !== moduleName) continue;
    for (const { instance } of providers.values()) {
      if (typeof instance === 'object' && instance !== null && isIt(instance)) return instance as Provided;
    }
  }
  return undefined;
}
