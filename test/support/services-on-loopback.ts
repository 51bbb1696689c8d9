import { platformAddress, ServicesHost, type ServicesHostDeps } from '../../lib/services/index.js';

/** The platform's side on an endpoint that is bound to loopback; endpoint and store outlast it. */
export function servicesOnLoopback(deps: Omit<ServicesHostDeps, 'address'>): ServicesHost {
  const { endpoint } = deps;
  return ServicesHost.start({ ...deps, address: () => platformAddress(endpoint, 'loopback') });
}
