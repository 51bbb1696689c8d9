import { OpenTelemetry } from './open-telemetry.js';
import type { Telemetry, TelemetryOptions } from './telemetry.js';

/** Telemetry for one app. A file of its own, since the declarations of the class name types that not every app has. */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  return new OpenTelemetry(options);
}
