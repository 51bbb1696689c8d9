import { describe, expect, it } from 'vitest';
import { ByteCollector } from '../../lib/transport/byte-collector.js';
import { bytesIn, bytesOutLike } from '../../lib/transport/bytes.js';
import { HANDSHAKE_STALLS_MS } from '../../lib/transport/constants.js';
import { Handshakes, sourceOf } from '../../lib/transport/handshakes.js';
import { adoptConnection, ConnectionClosedError, type NativeConnection } from '../../lib/transport/index.js';
import { endpointIdToBytes, SecretKey } from '../../lib/wire/index.js';

const never = new Promise<never>(() => {});

describe('ByteCollector', () => {
  it('gathers pieces, and grows with what came', () => {
    const collector = new ByteCollector(16 * 1024 * 1024);
    expect(collector.bytes().buffer.byteLength).toBe(16 * 1024);
    const whole = Uint8Array.from({ length: 200_000 }, (_, index) => index % 253);
    for (let at = 0; at < whole.length; at += 7_777) collector.push(whole.subarray(at, at + 7_777));
    expect(Buffer.from(collector.bytes()).equals(whole)).toBe(true);
    expect(collector.bytes().buffer.byteLength).toBeLessThan(600_000);
  });

  it('holds nothing for nothing', () => {
    expect(new ByteCollector(0).bytes()).toHaveLength(0);
  });
});

describe('bytes of the binding', () => {
  it('are taken as arrays of numbers and as Uint8Array, and given in the same kind', () => {
    const bytes = Uint8Array.of(1, 255);
    expect(bytesIn([1, 255])).toEqual(bytes);
    expect(bytesIn(bytes)).toBe(bytes);
    expect(bytesOutLike([])(bytes)).toEqual([1, 255]);
    expect(bytesOutLike(new Uint8Array())(bytes)).toBe(bytes);
  });

  it('of a later version (Uint8Array) make a connection too', () => {
    const { id } = SecretKey.fromBytes(new Uint8Array(32).fill(4));
    const closed: unknown[] = [];
    const native: NativeConnection = {
      alpn: () => Buffer.from('later/1'),
      remoteId: () => ({ toBytes: () => endpointIdToBytes(id) }),
      openBi: () => never,
      acceptBi: () => never,
      acceptUni: () => never,
      closeReason: () => null,
      close: (code, reason) => closed.push(code, reason),
      paths: () => [
        { isSelected: false, remoteAddr: 'https://relay.invalid/', isRelay: true, rttMs: 9 },
        { isSelected: true, remoteAddr: '127.0.0.1:1', isRelay: false, rttMs: 1 },
      ],
    };
    const connection = adoptConnection(native);
    connection.close(3, 'é');
    expect(connection).toMatchObject({ alpn: 'later/1', remoteId: id });
    expect(closed).toEqual([3n, Uint8Array.of(0xc3, 0xa9)]);
    expect(connection.paths().map(({ isSelected }) => isSelected)).toEqual([true, false]);
  });
});

describe('ConnectionClosedError', () => {
  it('shows the reason of the peer without what would forge lines of a log, and keeps it as it is', () => {
    const reason = 'bye\n2026-01-01 ERROR forged\u001b[2J\u202e';
    const error = new ConnectionClosedError({ by: 'peer', code: 7, reason });
    expect(error.message).toBe(
      'the connection was closed by the peer with code 7: bye\ufffd2026-01-01 ERROR forged\ufffd[2J\ufffd',
    );
    expect(error.closeReason.reason).toBe(reason);
  });

  it.each([
    ['peer', 401, 'Unauthorized', 'the connection was closed by the peer with code 401: Unauthorized'],
    ['peer', 0, '', 'the connection was closed by the peer with code 0'],
    ['local', null, '', 'the connection was closed on this side'],
    ['timeout', null, '', 'the connection was closed by a time-out'],
    ['other', null, 'reset', 'the connection was closed by an error: reset'],
  ] as const)('%s %s %s', (by, code, reason, message) => {
    expect(new ConnectionClosedError({ by, code, reason })).toMatchObject({
      code: 'ERR_CONNECTION_CLOSED',
      message,
    });
  });
});

describe('Handshakes', () => {
  it('make the oldest of the source that has most give way when it stalls, to one that has two fewer', () => {
    let now = 0;
    const handshakes = new Handshakes(() => now);
    const gone: string[] = [];
    const enter = (source: string, name: string) => {
      const giveWay = () => gone.push(name);
      handshakes.enter(source, giveWay);
      return () => handshakes.leave(source, giveWay);
    };
    expect(handshakes.makeRoom('a')).toBe(false);
    const leave = enter('many', 'first');
    for (const name of ['second', 'third', 'fourth']) enter('many', name);
    enter('few', 'other');
    expect(handshakes.makeRoom('many')).toBe(false);
    leave();
    leave();
    expect(handshakes.makeRoom('few')).toBe(false);
    now = HANDSHAKE_STALLS_MS;
    expect(handshakes.makeRoom('few')).toBe(true);
    expect(handshakes.makeRoom('few')).toBe(false);
    expect(handshakes.makeRoom('new')).toBe(true);
    expect(handshakes.makeRoom('new')).toBe(false);
    expect(gone).toEqual(['second', 'third']);
  });

  it('are counted by what one sender can have many of', () => {
    expect(sourceOf('192.0.2.1:1')).toBe(sourceOf('192.0.2.1:65535'));
    expect(sourceOf('192.0.2.1:1')).not.toBe(sourceOf('192.0.2.2:1'));
    expect(sourceOf('[2001:db8:1::1]:1')).toBe(sourceOf('[2001:db8:1:ffff::2]:2'));
    expect(sourceOf('[2001:db8:1::1]:1')).not.toBe(sourceOf('[2001:db8:2::1]:1'));
    expect(sourceOf('https://relay.test./')).toBe('https://relay.test./');
    expect(sourceOf('')).toBe('');
  });
});
