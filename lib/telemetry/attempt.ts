/**
 * Calls into the app's SDK, whose samplers, processors and readers are not ours. What they throw ends here.
 * @returns `undefined` when it threw
 */
export function attempt<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch {
    // Telemetry that fails costs its numbers, nothing else.
    return undefined;
  }
}
