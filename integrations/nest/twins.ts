import type { ModulesContainer } from '@nestjs/core';
import { NEST_HOSTED, type NestHosted } from './nest-hosted.js';

/**
 * Warns when an instance that the app registered before this one has the same name or path.
 * @returns whether the path is free; if not, our routes would never be called, and Fastify would refuse them
 */
export function warnOfTwins(hosted: NestHosted, modules: ModulesContainer): boolean {
  const { instance, path, log } = hosted;
  const earlier = registeredBefore(hosted, modules);
  if (earlier.some((other) => other.instance === instance)) {
    const name = instance === undefined ? 'without a name' : `by the name ${JSON.stringify(instance)}`;
    log.warn(
      `NetDiagnosticsModule.forRoot was imported twice ${name}: each is an endpoint of its own. Import it once, with ` +
        '`isGlobal` for the other modules, or give each an `instance`.',
      { event: 'registered-twice' },
    );
  }
  const isFree = path === null || !earlier.some((other) => other.path === path);
  if (!isFree) {
    log.warn(
      `${path}: another instance has this path. This one's page is not mounted; give it an \`http.path\` of its own.`,
      {
        event: 'path-taken',
        path,
      },
    );
  }
  return isFree;
}

/** Those before it in Nest's container, whose order is that of the imports. */
function registeredBefore(hosted: NestHosted, modules: ModulesContainer): NestHosted[] {
  const all = [...modules.values()].flatMap(({ providers }) => {
    const instance: unknown = providers.get(NEST_HOSTED)?.instance;
    return instance === undefined || instance === null ? [] : [instance as NestHosted];
  });
  return all.slice(0, all.indexOf(hosted));
}
