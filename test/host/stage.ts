import { randomBytes } from 'node:crypto';
import type { Clock } from '../../lib/async/clock.js';
import {
  type AuditEvent,
  ClientHost,
  type ClientHostOptions,
  MemoryRevocationStore,
  Revocation,
} from '../../lib/host/index.js';
import { type Connection, call, type Endpoint, Router } from '../../lib/transport/index.js';
import {
  Caps,
  CLIENT_HOST_ALPN,
  type DiagnosticsReport,
  decodeReportResult,
  encodeClientHostRequest,
  type RemoteResult,
  SecretKey,
  Token,
  type TokenRequest,
} from '../../lib/wire/index.js';
import { Loopback } from '../support/loopback.js';

/** An app with a client host and a platform that dials back, both on loopback. */
export class Stage {
  static readonly #net = new Loopback();
  static readonly #stages = new Set<Stage>();

  readonly events: AuditEvent[] = [];
  /** How often the host made a report. */
  runs = 0;

  private constructor(
    readonly key: SecretKey,
    readonly app: Endpoint,
    readonly platform: Endpoint,
    readonly clock: Clock,
  ) {}

  host: ClientHost | undefined;
  router: Router | undefined;
  revocation: Revocation | undefined;

  static async set(options: Partial<ClientHostOptions> = {}): Promise<Stage> {
    const key = SecretKey.fromBytes(randomBytes(32));
    const [app, platform] = await Promise.all([Stage.#net.bind({ secretKey: key }), Stage.#net.bind()]);
    const clock = options.clock ?? { now: () => Date.now() };
    const stage = new Stage(key, app, platform, clock);
    Stage.#stages.add(stage);
    const revocation = await Revocation.load(new MemoryRevocationStore(), { clock });
    stage.revocation = revocation;
    stage.host = new ClientHost({
      endpointId: app.id,
      revocation,
      run: () => {
        stage.runs += 1;
        return Promise.resolve(reportOf(app));
      },
      onEvent: (event) => stage.events.push(event),
      ...options,
    });
    stage.router = new Router(app);
    stage.router.handle(CLIENT_HOST_ALPN, stage.host.handler);
    stage.router.start();
    return stage;
  }

  static async clearAll(): Promise<void> {
    await Promise.all([...Stage.#stages].map(({ router }) => router?.close()));
    Stage.#stages.clear();
    await Stage.#net.closeAll();
  }

  /** Another endpoint, of somebody else. */
  static stranger(): Promise<Endpoint> {
    return Stage.#net.bind();
  }

  /** A good grant, unless told otherwise. */
  grant(change: Partial<TokenRequest> = {}): Token {
    return Token.issue({
      issuer: this.key,
      audience: this.platform.id,
      caps: Caps.of('net-diagnostics:get-any'),
      expiresAt: Math.floor(this.clock.now() / 1000) + 3600,
      ...change,
    });
  }

  dial(from: Endpoint = this.platform): Promise<Connection> {
    return from.connect(this.app.address(), CLIENT_HOST_ALPN);
  }

  /** Dials and shows a good grant. */
  async authenticated(token: Token = this.grant()): Promise<Connection> {
    const connection = await this.dial();
    const answer = await call(connection, encodeClientHostRequest({ type: 'auth', token }));
    if (answer.length > 0) throw new Error('the answer to Auth is not empty');
    return connection;
  }

  /** A whole dial-back, as a platform should do it. */
  async dialBack(token?: Token): Promise<RemoteResult<DiagnosticsReport>> {
    const connection = await this.authenticated(token);
    const result = await runDiagnostics(connection);
    connection.close(0);
    return result;
  }
}

export async function runDiagnostics(connection: Connection): Promise<RemoteResult<DiagnosticsReport>> {
  return decodeReportResult(
    await call(connection, encodeClientHostRequest({ type: 'run-network-diagnostics' })),
  );
}

/** How the other end closed: `400 Expected initial auth message`. */
export async function closing(connection: Connection): Promise<string> {
  const { by, code, reason } = await connection.closed();
  return by === 'peer' ? `${code} ${reason}`.trim() : by;
}

export function reportOf({ id }: Endpoint): DiagnosticsReport {
  return {
    endpointId: id,
    netReport: null,
    directAddrs: [],
    portmapProbe: { upnp: false, pcp: false, natPmp: false },
    irohVersion: '1.0.0',
    irohServicesVersion: '1.0.0',
  };
}
