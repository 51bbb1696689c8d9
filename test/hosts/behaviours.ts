import { describe } from 'vitest';
import { describeAccess } from './behaviours/access.js';
import { describeLife } from './behaviours/life.js';
import { describeMiddleware } from './behaviours/middleware.js';
import { describeRoutes } from './behaviours/routes.js';
import type { Host } from './host.js';

/** What every host has to hold, in every version: written once. */
export function describeHost(host: Host): void {
  describe(`the diagnostics in ${host.name}`, () => {
    describeLife(host);
    describeAccess(host);
    describeRoutes(host);
    describeMiddleware(host);
  });
}
