import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestListener,
  request,
  type Server,
} from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  createHttpHandler,
  type HttpHandler,
  type HttpParts,
  type HttpTarget,
} from '../../lib/http/index.js';
import { type LocalReport, NetDiagnostics } from '../../lib/index.js';
import { type HttpOptions, type HttpSettings, resolveSettings } from '../../lib/options/index.js';
import { FakeTime } from '../support/fake-time.js';
import { QUIET_PROBES } from '../support/quiet-probes.js';

/** How a {@link Stage} is set up. */
export interface StageOptions {
  http?: HttpOptions | null;
  /** The only relay takes connections and never answers: a run lasts until its deadline. */
  isSlow?: boolean;
  /** Default: a minute. */
  deadlineMs?: number;
  parts?: Partial<HttpParts>;
  /** Replaces members of the real target. */
  target?: Partial<HttpTarget>;
}

/** One answer. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Node's own server around the handler, which shows a real `NetDiagnostics`. */
export class Stage {
  readonly time = new FakeTime();
  readonly log: string[] = [];
  /** The signal of each run that was begun. */
  readonly runs: AbortSignal[] = [];
  readonly #closers: (() => unknown)[] = [];
  handler!: HttpHandler;
  server!: Server;
  port = 0;

  async open(options: StageOptions = {}): Promise<this> {
    const { http = { access: 'loopback' }, isSlow = false, deadlineMs = 60_000, parts, target } = options;
    const relays = isSlow ? [`http://127.0.0.1:${await this.#deafRelay()}`] : [];
    const diagnostics = NetDiagnostics.start(
      { probes: QUIET_PROBES, relays, deadline: deadlineMs, logger: false },
      {},
    );
    this.#closers.push(() => diagnostics.stop());
    this.handler = createHttpHandler({ ...this.#targetOf(diagnostics), ...target }, settingsOf(http), {
      clock: this.time,
      logger: { info: () => {}, warn: () => {}, error: (message) => this.log.push(message) },
      ...parts,
    });
    this.#closers.push(() => this.handler.close());
    this.server = await this.listen(createServer((req, res) => this.handler.handle(req, res)));
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  /** On a free port of loopback, until the stage is closed. */
  async listen<S extends Server>(server: S): Promise<S> {
    server.listen(0, '127.0.0.1');
    await this.#opened(server);
    return server;
  }

  /** A server on every address of this machine. */
  async listenAnywhere(handle: RequestListener): Promise<{ port: number }> {
    const server = createServer(handle);
    server.listen(0);
    await this.#opened(server);
    return { port: (server.address() as AddressInfo).port };
  }

  async getThroughUnixSocket(path: string): Promise<Answer> {
    const folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-'));
    this.#closers.push(() => rm(folder, { recursive: true }));
    const socketPath = join(folder, 's');
    const server = createServer((req, res) => this.handler.handle(req, res));
    server.listen(socketPath);
    await this.#opened(server);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request({ socketPath, path, headers: { host: 'localhost' } }, resolve)
        .on('error', reject)
        .end();
    });
    return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
  }

  /** `host`, `accept` and every other header as given. */
  ask(method: string, path: string, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
    return this.send(method, path, headers).then(async (response) => ({
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: await text(response),
    }));
  }

  get(path: string, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
    return this.ask('GET', path, headers);
  }

  post(path: string, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
    return this.ask('POST', path, headers);
  }

  /** The answer with its body still to come. */
  send(method: string, path: string, headers: OutgoingHttpHeaders = {}): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port: this.port, method, path, headers, agent: false }, resolve)
        .on('error', reject)
        .end();
    });
  }

  /** The events of a stream as they come. */
  async watch(path = '/report', headers: OutgoingHttpHeaders = {}): Promise<Watched> {
    return new Watched(await this.send('POST', path, { accept: 'text/event-stream', ...headers }));
  }

  /** A connection to write to by hand. */
  async dial(): Promise<Socket> {
    const socket = connect(this.port, '127.0.0.1');
    socket.on('error', () => {});
    this.#closers.push(() => void socket.destroy());
    await once(socket, 'connect');
    return socket;
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }

  async #opened(server: Server): Promise<void> {
    await once(server, 'listening');
    this.#closers.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
  }

  #targetOf(diagnostics: NetDiagnostics): HttpTarget {
    let latest: LocalReport | null = null;
    return {
      status: () => diagnostics.status(),
      lastReport: () => latest,
      run: async (options) => {
        this.runs.push(options.signal);
        latest = await diagnostics.run(options);
        return latest;
      },
    };
  }

  async #deafRelay(): Promise<number> {
    const sockets = new Set<Socket>();
    const relay = createTcpServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
    }).listen(0, '127.0.0.1');
    await once(relay, 'listening');
    this.#closers.push(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => relay.close(resolve));
    });
    return (relay.address() as AddressInfo).port;
  }
}

/** As the option is resolved. */
export function settingsOf(http: HttpOptions | null): HttpSettings | null {
  return resolveSettings({ http }).http;
}

/** One server-sent event. */
export interface StreamEvent {
  name: string;
  data: unknown;
}

/** A stream of events that somebody reads. */
export class Watched {
  readonly response: IncomingMessage;
  readonly events: StreamEvent[] = [];
  comments = 0;
  readonly ended: Promise<void>;
  #rest = '';

  constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8');
    response.on('error', () => {});
    response.on('data', (part: string) => this.#take(part));
    this.ended = new Promise((resolve) => response.once('close', () => resolve()));
  }

  leave(): void {
    this.response.destroy();
  }

  #take(part: string): void {
    const blocks = (this.#rest + part).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const match = /^event: (.*)\ndata: (.*)$/.exec(block);
      if (match === null) this.comments += 1;
      else this.events.push({ name: match[1] ?? '', data: JSON.parse(match[2] ?? '') });
    }
  }
}

/** The `type` of problem details, without what all have in common. */
export function kindOf({ body, headers }: Answer): string {
  if (headers['content-type'] !== 'application/problem+json') return `no problem: ${headers['content-type']}`;
  return (JSON.parse(body) as { type: string }).type.replace('urn:iroh-net-diagnostics:problem:', '');
}
