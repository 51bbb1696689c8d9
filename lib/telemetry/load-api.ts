import type * as Api from '@opentelemetry/api';

/** `@opentelemetry/api`, as far as it is used. */
export type OpenTelemetryApi = Pick<
  typeof Api,
  'trace' | 'metrics' | 'context' | 'ROOT_CONTEXT' | 'SpanKind' | 'SpanStatusCode'
>;

let found: Promise<OpenTelemetryApi | null> | undefined;

/**
 * The app's own `@opentelemetry/api`; `null` if it has none. Looked for at the first call, once in a process.
 * Never rejects.
 */
export function loadApi(): Promise<OpenTelemetryApi | null> {
  found ??= importApi();
  return found;
}

async function importApi(): Promise<OpenTelemetryApi | null> {
  try {
    return await import('@opentelemetry/api');
  } catch {
    // Not installed, or broken: in both cases there is no telemetry.
    return null;
  }
}
