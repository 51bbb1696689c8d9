/** How the settings of an app under test differ from those in production. */
import { NetDiagnostics, type Parts } from '../net-diagnostics/index.js';
import { type NetDiagnosticsOptions, SETTINGS } from '../options/index.js';

/** Quick reports, and nothing that happens by itself at a time that the test does not choose. */
export const QUICK_OPTIONS = {
  metrics: 0,
  // Nothing on this machine takes longer. A test that asks other machines sets its own deadline.
  deadline: 500,
  // Only probes that ask servers which the test names: the gateway of the local network is not part of the test.
  probes: ['route', 'endpoint', 'https', 'captive-portal'],
} as const satisfies NetDiagnosticsOptions;

/** {@link QUICK_OPTIONS}, and an endpoint that only uses loopback. */
export const LOCAL_OPTIONS = {
  network: 'minimal',
  bindAddrs: 'loopback',
  ...QUICK_OPTIONS,
} as const satisfies NetDiagnosticsOptions;

/** Shorter waits than real networks need. */
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
 * `NetDiagnostics.start` with shorter waits than real networks need: the app finds a platform that has come back within
 * a fraction of a second, and tries again so soon after a refusal, too, not after a quarter of an hour.
 * For tests of what an app does while the platform is away or refuses.
 * @throws as `NetDiagnostics.start`
 * @example
 * const app = startImpatient(platform.options());
 */
export function startImpatient(options: NetDiagnosticsOptions = {}): NetDiagnostics {
  return NetDiagnostics.start(options, process.env, QUICK_RETRIES);
}

/** Options as environment variables; options that have no variable are left out. */
export function toEnv(options: NetDiagnosticsOptions): Record<string, string> {
  const pairs = Object.entries(options).flatMap(([option, value]) => {
    const { variable } = SETTINGS[option as keyof typeof SETTINGS];
    return variable === null ? [] : [[variable, textOf(value)]];
  });
  return Object.fromEntries(pairs);
}

/** A list becomes a text with commas, as in the variables; an object becomes a list of `key=value`. */
function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return String(value);
  return Object.entries(value)
    .map(([key, text]) => `${key}=${text}`)
    .join(',');
}
