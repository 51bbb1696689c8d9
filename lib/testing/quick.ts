/** How an app under test differs from one that is in service. */
import { NetDiagnostics, type Parts } from '../net-diagnostics/index.js';
import { type NetDiagnosticsOptions, SETTINGS } from '../options/index.js';

/** Reports that are made at once, and nothing that happens by itself while a test looks elsewhere. */
export const QUICK_OPTIONS = {
  metrics: 0,
  // Nothing on this machine takes longer; what is asked elsewhere is asked by a test that waits for it.
  deadline: 500,
  // Those that ask nobody but whom the test names: the gateway of the network it runs in is none of its business.
  probes: ['route', 'endpoint', 'https', 'captive-portal'],
} as const satisfies NetDiagnosticsOptions;

/** {@link QUICK_OPTIONS}, and an endpoint that talks to this machine alone. */
export const LOCAL_OPTIONS = {
  network: 'minimal',
  bindAddrs: 'loopback',
  ...QUICK_OPTIONS,
} as const satisfies NetDiagnosticsOptions;

/** Retries without the patience that real networks need. */
export const QUICK_RETRIES: Readonly<Pick<Parts, 'clientLimits'>> = {
  clientLimits: {
    reconnectMinMs: 20,
    reconnectMaxMs: 100,
    stableAfterMs: 1_000,
    slowRetryMs: 200,
    replacedRetryMs: 200,
    connectTimeoutMs: 1_000,
    requestTimeoutMs: 2_000,
    pingIntervalMs: 30_000,
    stopGraceMs: 500,
    farewellTimeoutMs: 500,
  },
};

/**
 * `NetDiagnostics.start` without the patience that real networks need: the app finds a platform that is back within a
 * fraction of a second, and asks again at once where it would wait for a quarter of an hour. For tests of what an app
 * does meanwhile.
 * @throws as `NetDiagnostics.start`
 * @example
 * const app = startImpatient(platform.options());
 */
export function startImpatient(options: NetDiagnosticsOptions = {}): NetDiagnostics {
  return NetDiagnostics.start(options, process.env, QUICK_RETRIES);
}

/** Options as environment variables; those that only code can give are left out. */
export function toEnv(options: NetDiagnosticsOptions): Record<string, string> {
  const pairs = Object.entries(options).flatMap(([option, value]) => {
    const { variable } = SETTINGS[option as keyof typeof SETTINGS];
    return variable === null ? [] : [[variable, textOf(value)]];
  });
  return Object.fromEntries(pairs);
}

/** A list becomes text with commas, as the variables have it, and an object's entries with an equals sign each. */
function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return String(value);
  return Object.entries(value)
    .map(([key, text]) => `${key}=${text}`)
    .join(',');
}
