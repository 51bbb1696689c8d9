import type { OnlineHook } from '../client/index.js';
import type { DiagnosticsReport } from '../wire/index.js';
import { START_REPORT_SPREAD_MS } from './constants.js';
import type { Parts } from './parts.js';
import type { Pause } from './pause.js';

/**
 * A hook for `Session` that uploads one report on the first connection; if that ends before, on the next one. It waits
 * while the app has paused it.
 */
export function startReport(
  run: (context: { signal: AbortSignal }) => Promise<DiagnosticsReport>,
  { sleep, random }: Pick<Parts, 'sleep' | 'random'>,
  pause: Pick<Pause, 'over'>,
): OnlineHook {
  let isDone = false;
  return async (session) => {
    if (isDone) return;
    await sleep(random() * START_REPORT_SPREAD_MS, session.signal);
    await pause.over(session.signal);
    const report = await run({ signal: session.signal });
    isDone = true;
    await session.request({ type: 'put-network-diagnostics', report });
  };
}
