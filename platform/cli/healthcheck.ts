import { NetDiagnosticsError } from 'iroh-net-diagnostics/services';
import type { Settings } from '../config/index.js';
import { askHere } from './ask-here.js';
import { noteIn, silenceOf } from './running-platform.js';

/** What a container's engine waits for by default is longer. Milliseconds. */
const TIMEOUT_MS = 5_000;

/** Asks the platform that runs on this data folder whether it is alive. @throws `ERR_STATE` when it is not */
export async function healthcheck(settings: Settings): Promise<void> {
  const running = await noteIn(settings.dataDir);
  if (running === null) {
    throw new NetDiagnosticsError(
      'ERR_STATE',
      `No platform runs on ${settings.dataDir}, or none that is ready.`,
    );
  }
  const url = new URL('livez', running.url);
  const { status } = await askHere(url, { method: 'GET', timeoutMs: TIMEOUT_MS }).catch((error: unknown) => {
    throw new NetDiagnosticsError('ERR_STATE', `The platform at ${url.origin} ${silenceOf(error)}.`, {
      cause: error,
    });
  });
  if (status !== 200)
    throw new NetDiagnosticsError('ERR_STATE', `The platform at ${url.origin} answered ${status}.`);
  process.stdout.write('alive\n');
}
