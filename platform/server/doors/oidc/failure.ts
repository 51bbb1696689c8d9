import { messageOf, NetDiagnosticsError } from 'iroh-net-diagnostics/services';

/** Why a sign-in by OpenID Connect came to nothing, with what the person reads, and the status of the answer. */
const REASONS = {
  away: [
    502,
    'The identity provider cannot be reached, or does not answer as it should. Try again in a minute.',
  ],
  'set-up': [
    502,
    'The identity provider and this platform are not set up to fit. Tell who runs this platform: its log says what is wrong.',
  ],
  refused: [403, 'The identity provider did not let you in, or you ended it there.'],
  clock: [
    502,
    'The clocks of the identity provider and of this platform differ by more than a minute. Tell who runs this platform.',
  ],
  over: [
    400,
    'This sign-in is over, or was begun in another browser: they last ten minutes and work once. Begin again.',
  ],
  untrusted: [502, 'What the identity provider said does not prove who you are. Begin again.'],
  'groups-left-out': [
    403,
    'The identity provider did not say which groups you are in, since they are too many. Tell who runs this platform.',
  ],
} as const satisfies Record<string, readonly [status: number, words: string]>;

export type OidcReason = keyof typeof REASONS;

/** A sign-in by OpenID Connect that came to nothing. The message is for the person in front of the browser. */
export class OidcFailure extends NetDiagnosticsError<'ERR_STATE'> {
  override name = 'OidcFailure';
  readonly reason: OidcReason;
  readonly status: number;
  /** What the operator's log says: more than a stranger should read. Without secrets. */
  readonly detail: string;

  constructor(reason: OidcReason, detail: string, options?: ErrorOptions) {
    const [status, words] = REASONS[reason];
    super('ERR_STATE', words, options);
    this.reason = reason;
    this.status = status;
    this.detail = detail;
  }
}

/** All messages of an error and of what caused it, each once. */
export function chainOf(error: unknown): string {
  const all = new Set<string>();
  for (let at: unknown = error; at !== undefined && all.size < 5; at = (at as { cause?: unknown })?.cause) {
    if (at instanceof Error) all.add(messageOf(at));
  }
  return [...all].join(': ') || messageOf(error);
}
