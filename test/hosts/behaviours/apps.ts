import type { NetDiagnosticsOptions } from '../../../lib/index.js';
import { LOCAL } from '../../net-diagnostics/stage.js';
import type { Host, Mount, RunningHost, Surroundings } from '../host.js';

export const PATH = '/net-diagnostics';

/** Opened for this machine, quiet, and without a platform: what the routes need. */
export const OPEN = {
  ...LOCAL,
  apiSecret: null,
  logger: false,
  http: { access: 'loopback' },
} as const satisfies NetDiagnosticsOptions;

/** The apps of one test; `closeAll` in an `afterEach`. */
export class Apps {
  readonly #running: RunningHost[] = [];

  /** @param options - of one instance at {@link PATH}, or several mounts */
  async boot(
    host: Host,
    options: NetDiagnosticsOptions | readonly Mount[],
    surroundings: Surroundings = {},
  ): Promise<RunningHost> {
    const mounts = Array.isArray(options) ? options : [{ path: PATH, options }];
    const app = await host.boot(mounts as readonly Mount[], surroundings);
    this.#running.push(app);
    return app;
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((app) => app.close()));
  }
}
