import { describe, expect, it } from 'vitest';
import { classifyFailure, normaliseMessage, parseCloseReason } from '../../lib/transport/native-errors.js';
import { runChild } from '../support/child.js';

const TRACE = '\n\nStack backtrace:\n   0: <anyhow::Error>::msg::<alloc::string::String>\n   1: start_thread';
const AT = ' (/home/runner/.cargo/registry/src/iroh-1.0.2/src/endpoint.rs:1060:20)';
const CHAIN = `ConnectError::Connecting${AT}\nCaused by:\n    ConnectingError::ConnectionError${AT}\n    `;

describe('normaliseMessage', () => {
  const alpn =
    "aborted by peer: the cryptographic handshake failed: error 120: peer doesn't support any known protocol";
  it.each([
    ['plain', 'Endpoint is closed', 'Endpoint is closed'],
    ['with a backtrace', `LocallyClosed${TRACE}`, 'LocallyClosed'],
    ['with a chain of causes', `${CHAIN}${alpn}${TRACE}`, alpn],
    [
      'with a location on the innermost cause',
      `A${AT}\nCaused by:\n    Endpoint is closed${AT}${TRACE}`,
      'Endpoint is closed',
    ],
    [
      'with other brackets at the end',
      'Address already in use (os error 98)',
      'Address already in use (os error 98)',
    ],
  ])('%s', (_, text, expected) => {
    expect(normaliseMessage(text)).toBe(expected);
  });

  it('is bounded', () => {
    expect(normaliseMessage('x'.repeat(100_000))).toHaveLength(300);
  });
});

describe('classifyFailure', () => {
  const closed401 = {
    kind: 'connection-closed',
    reason: { by: 'peer', code: 401, reason: 'Unauthorized' },
  };
  const applicationClosed =
    'ApplicationClosed(ApplicationClose { error_code: 401, reason: b"Unauthorized" })';
  const rows: [string, unknown][] = [
    [applicationClosed, closed401],
    [`ConnectionLost(${applicationClosed})`, closed401],
    [`Read(ConnectionLost(${applicationClosed}))`, closed401],
    [
      'ApplicationClosed(ApplicationClose { error_code: 3, reason: b"\\"x\\xc3\\xa9\\" })\\n\\\\ Reset(4)" })',
      { kind: 'connection-closed', reason: { by: 'peer', code: 3, reason: '"xé" })\n\\ Reset(4)' } },
    ],
    ['LocallyClosed', { kind: 'connection-closed', reason: { by: 'local', code: null, reason: '' } }],
    [
      'Read(ConnectionLost(TimedOut))',
      { kind: 'connection-closed', reason: { by: 'timeout', code: null, reason: '' } },
    ],
    [
      'Read(ConnectionLost(Reset))',
      { kind: 'connection-closed', reason: { by: 'other', code: null, reason: 'Reset))' } },
    ],
    [
      'Write(ConnectionLost(TransportError(Error { code: INTERNAL_ERROR, frame: None, reason: "endpoint driver future was dropped", crypto: None })))',
      { kind: 'connection-closed', reason: { by: 'local', code: null, reason: '' } },
    ],
    ['closed', { kind: 'connection-closed', reason: { by: 'local', code: null, reason: '' } }],
    ['timed out', { kind: 'connection-closed', reason: { by: 'timeout', code: null, reason: '' } }],
    ['Endpoint is closed', { kind: 'endpoint-closed' }],
    ['Read(Reset(9))', { kind: 'stream-reset', code: 9 }],
    ['Reset(9)', { kind: 'stream-reset', code: 9 }],
    ['Stopped(1)', { kind: 'stream-stopped', code: 1 }],
    ['ClosedStream { _private: () }', { kind: 'stream-closed' }],
    ['Failed to parse relay URL', { kind: 'other', message: 'Failed to parse relay URL' }],
  ];
  it.each(rows)('%s', (text, expected) => {
    expect(classifyFailure(new Error(text))).toEqual(expected);
    expect(classifyFailure(new Error(`${text}${TRACE}`))).toEqual(expected);
  });

  it('takes anything thrown', () => {
    expect(classifyFailure('boom')).toEqual({ kind: 'other', message: 'boom' });
  });
});

describe('parseCloseReason', () => {
  it.each([
    ['closed', 'local', null, ''],
    ['timed out', 'timeout', null, ''],
    [
      'the endpoint encountered an internal error and cannot continue with the connection: endpoint driver future was dropped',
      'local',
      null,
      '',
    ],
    [
      'closed by peer: endpoint driver future was dropped (code 2)',
      'peer',
      2,
      'endpoint driver future was dropped',
    ],
    ['closed by peer: 0', 'peer', 0, ''],
    ['closed by peer: 401', 'peer', 401, ''],
    ['closed by peer: Unauthorized (code 401)', 'peer', 401, 'Unauthorized'],
    ['closed by peer: fine (code 0) (code 401)', 'peer', 401, 'fine (code 0)'],
    ['closed by peer: two\nlines (code 7)', 'peer', 7, 'two\nlines'],
    ['reset by peer', 'other', null, 'reset by peer'],
  ])('%s', (text, by, code, reason) => {
    expect(parseCloseReason(text)).toEqual({ by, code, reason });
  });

  it("bounds a peer's words", () => {
    expect(parseCloseReason(`closed by peer: ${'x'.repeat(5_000)} (code 1)`).reason).toHaveLength(300);
  });
});

/** Provokes one error of each kind and prints what became of it. */
const PROGRAM = `
import { Loopback, ECHO } from './test/support/loopback.js';
import { bindEndpoint } from './lib/transport/index.js';
import { SecretKey } from './lib/wire/index.js';
const net = new Loopback();
const seen: unknown[] = [];
const note = (p: Promise<unknown>) => p.then((v) => seen.push(['ok', String(v)]), (e) => seen.push([e.name, e.code, e.message.replaceAll(/[0-9a-f]{10}|:\\d+/g, '#'), e.closeReason, e.streamCode]));
const { client, server, dialler, acceptor } = await net.connect();
const [mine, theirs] = await Promise.all([client.openStream().then(async (s) => { await s.write(Uint8Array.of(1)); return s; }), server.acceptStream()]);
await theirs.readExact(1);
theirs.reset(9); await note(mine.readExact(1));
theirs.stop(8); await note(mine.acknowledged());
await note(mine.write(Uint8Array.of(1)));
await note(dialler.connect(acceptor.address(), 'unknown'));
await note(dialler.connect(dialler.address(), ECHO));
const port = acceptor.boundSockets()[0]?.port;
await note(bindEndpoint({ secretKey: SecretKey.fromBytes(new Uint8Array(32).fill(1)), network: 'minimal', bindAddrs: ['127.0.0.1:' + port], alpns: [] }));
const other = await client.openStream();
const pending = note(other.read(1));
server.close(401, 'Unauthorized'); await pending;
await note(client.acceptStream()); await note(client.openStream()); await note(server.openStream());
await dialler.close(); await note(dialler.connect(acceptor.address(), ECHO));
await net.closeAll();
console.log(JSON.stringify(seen, null, 1));
`;

describe('with RUST_BACKTRACE and without', () => {
  it('errors are the same, and without a trace', async () => {
    const [plain, traced] = await Promise.all(
      [undefined, '1'].map((value) => runChild(PROGRAM, { env: { RUST_BACKTRACE: value } })),
    );
    expect(plain?.stderr).toBe('');
    expect(plain?.code).toBe(0);
    expect(traced?.stdout).toBe(plain?.stdout);
    expect(plain?.stdout).not.toMatch(/backtrace|\.rs\b|Caused by/);
    const closed = { by: 'peer', code: 401, reason: 'Unauthorized' };
    const local = { by: 'local', code: null, reason: '' };
    expect(JSON.parse(plain?.stdout ?? '')).toEqual(
      [
        ['StreamError', 'ERR_STREAM', 'reading: the peer reset the stream with code 9.', null, 9],
        ['StreamError', 'ERR_STREAM', 'the peer stopped reading with code 8.', null, 8],
        ['StreamError', 'ERR_STREAM', 'writing: the peer stopped reading with code 8.', null, 8],
        ['NetDiagnosticsError', 'ERR_CONNECT', expect.stringContaining('any known protocol')],
        ['NetDiagnosticsError', 'ERR_CONNECT', expect.stringContaining('Connecting to ourself')],
        ['NetDiagnosticsError', 'ERR_BIND', expect.stringContaining('Address already in use')],
        [
          'ConnectionClosedError',
          'ERR_CONNECTION_CLOSED',
          expect.stringContaining('401: Unauthorized'),
          closed,
        ],
        ['ConnectionClosedError', 'ERR_CONNECTION_CLOSED', expect.any(String), closed],
        ['ConnectionClosedError', 'ERR_CONNECTION_CLOSED', expect.any(String), closed],
        ['ConnectionClosedError', 'ERR_CONNECTION_CLOSED', expect.any(String), local],
        ['NetDiagnosticsError', 'ERR_ENDPOINT_CLOSED', expect.any(String)],
      ].map((row) => row.concat(Array(5).fill(null)).slice(0, 5)),
    );
  });
});
