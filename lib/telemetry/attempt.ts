/**
 * Calls into the app's SDK, and catches what it throws: its samplers, processors and readers are not our code.
 * @returns `undefined` when it threw
 */
export function attempt<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch {
    // If telemetry fails, only its own data are lost.
    return undefined;
  }
}
