import { scoped } from '../../async/index.js';
import { ephemeralKey } from '../../options/index.js';
import type { ApiSecret } from '../../wire/index.js';
import { checkBinding, checkEndpoint, checkSecret, checkSettings } from './checks.js';
import { checkAuthorisation, checkGrant, checkPlatform, checkRelays } from './platform-checks.js';
import { type StepResult, StepSkipped } from './step.js';
import { type StepListener, StepRunner } from './step-runner.js';

/** What {@link examine} needs. */
export interface ExamineOptions extends StepListener {
  env: NodeJS.ProcessEnv;
  /** The result of reading the secret; its value is null when there is none. */
  secret: PromiseSettledResult<ApiSecret | null>;
  /** Whether a grant is sent too. */
  grant: boolean;
  /** Milliseconds for all steps together. Closing takes up to 5 s more. */
  timeoutMs: number;
  signal: AbortSignal;
}

/** An endpoint that contacts nobody. */
const ALONE = { network: 'minimal', relays: null } as const;

/** Checks everything on the way from this machine to the platform. Leaves nothing open. Never rejects. */
export function examine(options: ExamineOptions): Promise<readonly StepResult[]> {
  return scoped(options.signal, async (end) => {
    const timer = setTimeout(() => end.abort(), options.timeoutMs);
    try {
      return await allSteps(options, end.signal);
    } finally {
      clearTimeout(timer);
    }
  });
}

async function allSteps(options: ExamineOptions, signal: AbortSignal): Promise<readonly StepResult[]> {
  const { env, grant } = options;
  const secretKey = ephemeralKey();
  const runner = new StepRunner(options, signal);
  const settings = await runner.step('settings', [], () => checkSettings(env, secretKey));
  const secret = await runner.step('secret', [], () => checkSecret(options.secret));
  const binding = await runner.step('binding', [], checkBinding);
  const endpoint = await runner.step('endpoint', [settings, binding], (valid, _loads) =>
    // Without a secret there is no platform to reach: then only the sockets are checked.
    checkEndpoint(secret === null ? { ...valid, ...ALONE } : valid, secretKey, signal),
  );
  let isAuthorised: true | null;
  try {
    await runner.step('relays', [secret, settings], (known, valid) => checkRelays(known, valid, signal));
    const isReached = await runner.step('platform', [endpoint, secret], (bound, known) =>
      checkPlatform(bound, known, signal),
    );
    isAuthorised = await runner.step('authorised', [endpoint, secret, isReached], (bound, known, _reached) =>
      checkAuthorisation(bound, known, signal),
    );
  } finally {
    // Closed before the grant, which uses the same identity: that must not be in two places.
    await endpoint?.close();
  }
  await runner.step('grant', [secret, isAuthorised], async (apiSecret, _authorised) => {
    if (!grant) throw new StepSkipped('left out; --grant sends one, as the app does at its start');
    return checkGrant({ env, secretKey, apiSecret }, signal);
  });
  return runner.results;
}
