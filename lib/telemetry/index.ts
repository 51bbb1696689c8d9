export { createTelemetry } from './create.js';
export type { ProbeListener, Telemetry, TelemetryOptions } from './telemetry.js';
