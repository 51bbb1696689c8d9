import { randomBytes } from 'node:crypto';
import {
  type BiStream,
  type CloseReason,
  type Connection,
  ConnectionClosedError,
  call,
  type Endpoint,
  Router,
  readRequest,
  respond,
} from '../../lib/transport/index.js';
import {
  ApiSecret,
  type Attributes,
  CLIENT_HOST_ALPN,
  type DiagnosticsReport,
  decodeReportResult,
  decodeServicesRequest,
  encodeClientHostRequest,
  encodePong,
  encodeUnitResult,
  type MetricsUpdate,
  RESET_UNKNOWN_REQUEST,
  type RemoteFailure,
  type RemoteResult,
  SERVICES_ALPN,
  SecretKey,
  type ServicesRequest,
  type Token,
} from '../../lib/wire/index.js';

/**
 * What the platform does with a request: answer well, not at all, with a failure, reset its stream as one that it does
 * not know, or close with a code (`late`: some time after it ended the stream without an answer).
 */
export type Behaviour =
  | 'answer'
  | 'mute'
  | 'unknown'
  | RemoteFailure
  | { close: number; reason: string; late?: true };

/** The least that is a platform: wire and transport, and a memory. */
export class TinyPlatform {
  readonly apiSecret: ApiSecret;
  readonly connections: Connection[] = [];
  /** The requests of each connection, by their type, in the order in which they came. */
  readonly conversations: ServicesRequest['type'][][] = [];
  /** How connections ended that the app closed. */
  readonly endings: CloseReason[] = [];
  readonly auths: Token[] = [];
  readonly grants: Token[] = [];
  readonly names: string[] = [];
  readonly groups: string[] = [];
  readonly attributes: Attributes[] = [];
  /** Streams that ended in any way but well. */
  readonly faults: unknown[] = [];
  /** How many requests were under way at the same time, at most. */
  mostAtOnce = 0;
  /** Before each answer, in milliseconds. */
  delayMs = 0;
  #atOnce = 0;
  readonly metrics: { sessionId: string; update: MetricsUpdate }[] = [];
  readonly reports: DiagnosticsReport[] = [];
  behave: (request: ServicesRequest) => Behaviour = () => 'answer';
  /** Answers in its own way. */
  flood: ((stream: BiStream, body: Uint8Array) => Promise<void>) | null = null;
  readonly #muted: BiStream[] = [];
  #router: Router | null = null;

  constructor(
    readonly endpoint: Endpoint,
    key = SecretKey.fromBytes(Uint8Array.from(randomBytes(32))),
  ) {
    this.apiSecret = ApiSecret.create(key, endpoint.address());
  }

  /** Begins to serve. */
  open(): this {
    this.#router = new Router(this.endpoint, { closeTimeoutMs: 500 });
    this.#router.handle(SERVICES_ALPN, (connection, { signal }) => this.#serve(connection, signal));
    this.#router.start();
    return this;
  }

  /** Is gone: connections end, new ones are not taken. */
  async close(): Promise<void> {
    await this.#router?.close();
    this.#router = null;
  }

  /** Loses everything it knew. */
  forget(): void {
    for (const list of [this.grants, this.names, this.metrics, this.reports, this.auths]) list.length = 0;
  }

  /** Presses the button: dials the app back with the newest grant. */
  async dialBack(app: Endpoint): Promise<RemoteResult<DiagnosticsReport>> {
    const token = this.grants.at(-1);
    if (token === undefined) throw new Error('no grant');
    const connection = await this.endpoint.connect(app.address(), CLIENT_HOST_ALPN);
    await call(connection, encodeClientHostRequest({ type: 'auth', token }));
    const answer = await call(connection, encodeClientHostRequest({ type: 'run-network-diagnostics' }));
    connection.close(0);
    return decodeReportResult(answer);
  }

  async #serve(connection: Connection, signal: AbortSignal): Promise<void> {
    const conversation: ServicesRequest['type'][] = [];
    this.connections.push(connection);
    this.conversations.push(conversation);
    while (connection.closeReason === null) {
      const stream = await connection.acceptStream({ signal }).catch((error: unknown) => {
        if (connection.closeReason !== null) this.endings.push(connection.closeReason);
        throw error;
      });
      void (async () => {
        const request = decodeServicesRequest(await readRequest(stream, { signal }));
        conversation.push(request.type);
        const behaviour = this.behave(request);
        this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce);
        if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
        this.#atOnce -= 1;
        if (behaviour === 'mute') {
          // A stream that is collected would end, and that is an answer of a kind.
          this.#muted.push(stream);
          return;
        }
        if (behaviour === 'unknown') {
          stream.reset(RESET_UNKNOWN_REQUEST);
          stream.stop(RESET_UNKNOWN_REQUEST);
          return;
        }
        if (behaviour === 'answer') this.#remember(request);
        else if ('close' in behaviour) {
          if (behaviour.late) {
            await stream.finish();
            await new Promise((resolve) => setTimeout(resolve, 200));
          }
          return connection.close(behaviour.close, behaviour.reason);
        }
        const answer = answerTo(request, behaviour === 'answer' ? null : behaviour);
        if (this.flood === null) await respond(stream, answer, { signal });
        else await this.flood(stream, answer);
      })().catch((error: unknown) => {
        // Its router closes what the app has closed: an acknowledgement that is still on its way then ends so.
        const isOwnDoing = error instanceof ConnectionClosedError && error.closeReason.by === 'local';
        if (!isOwnDoing) this.faults.push(error);
      });
    }
  }

  #remember(request: ServicesRequest): void {
    if (request.type === 'auth') this.auths.push(request.token);
    if (request.type === 'grant-cap') this.grants.push(request.token);
    if (request.type === 'name-endpoint') this.names.push(request.name);
    if (request.type === 'set-group') this.groups.push(request.group);
    if (request.type === 'set-attributes') this.attributes.push(request.attributes);
    if (request.type === 'put-network-diagnostics') this.reports.push(request.report);
    if (request.type === 'put-metrics') {
      this.metrics.push({
        sessionId: Buffer.from(request.sessionId).toString('hex'),
        update: request.update,
      });
    }
  }
}

function answerTo(request: ServicesRequest, failure: RemoteFailure | null): Uint8Array {
  if (request.type === 'auth') return new Uint8Array(0);
  if (request.type === 'ping') return encodePong(request.id);
  return encodeUnitResult(failure === null ? { ok: true, value: undefined } : { ok: false, error: failure });
}
