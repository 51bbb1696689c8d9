import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** What QUIC v1's first keys are made from (RFC 9001, 5.2): no secret, so whoever sees a first packet can answer it. */
const SALT = Buffer.from('38762cf7f55934b34d179ae6a4c80cadccbb7f0a', 'hex');
const OWN_ID = Buffer.from('0102030405060708', 'hex');

/**
 * A UDP port of 127.0.0.1 that answers every first packet of a QUIC connection by a CONNECTION_CLOSE with this reason.
 * It knows no key: an attacker on the way, or whoever took over a port, can do the same.
 */
export async function forgeCloses(reason: string): Promise<{ port: number; close(): void; sent(): number }> {
  const socket: Socket = createSocket('udp4');
  let sent = 0;
  socket.on('message', (packet, { port, address }) => {
    // Long header, type Initial.
    if (((packet[0] ?? 0) & 0xb0) !== 0x80) return;
    sent += 1;
    socket.send(forgedClose(packet, Buffer.from(reason)), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { port: socket.address().port, close: () => socket.close(), sent: () => sent };
}

function forgedClose(initial: Uint8Array, reason: Buffer): Buffer {
  const [theirs, rest] = connectionId(initial.subarray(5));
  const [callers] = connectionId(rest);
  // CONNECTION_CLOSE of the transport, code 2, no frame type, and some padding.
  const frames = Buffer.concat([Buffer.of(0x1c, 2, 0, reason.length), reason, Buffer.alloc(20)]);
  const length = 4 + frames.length + 16;
  const header = Buffer.concat([
    Buffer.of(0xc3, 0, 0, 0, 1, callers.length),
    callers,
    Buffer.of(OWN_ID.length),
    OWN_ID,
    Buffer.of(0, 0x40 | (length >> 8), length & 0xff, 0, 0, 0, 0),
  ]);
  return protect(header, 4, frames, keysOf(theirs, 'server in'));
}

/**
 * Begins `count` handshakes at a QUIC server on 127.0.0.1 and goes on with none: `initial` is the first packet of some
 * client, each time under another connection id, from another port.
 */
export async function beginHandshakes(initial: Uint8Array, count: number, to: number): Promise<() => void> {
  const sockets = await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = createSocket('udp4').bind(0, '127.0.0.1');
      await once(socket, 'listening');
      return socket;
    }),
  );
  for (const [index, socket] of sockets.entries()) {
    socket.send(underOtherId(initial), to, '127.0.0.1');
    // Bursts would be lost in the receiver's buffer.
    if (index % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return () => {
    for (const socket of sockets) socket.close();
  };
}

/** The first packet of a client that dials this port of 127.0.0.1, where nobody answers. */
export async function captureInitial(): Promise<{ port: number; initial: Promise<Uint8Array> }> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const initial = once(socket, 'message').then(([packet]) => {
    socket.close();
    return packet as Uint8Array;
  });
  return { port: socket.address().port, initial };
}

/** The same packet for another connection, whose keys follow from its id. */
function underOtherId(packet: Uint8Array): Buffer {
  const [theirs, rest] = connectionId(packet.subarray(5));
  const [, token] = connectionId(rest);
  const tokenLength = varint(token);
  const length = varint(token.subarray(tokenLength.size + tokenLength.value));
  const numberAt = packet.length - token.length + tokenLength.size + tokenLength.value + length.size;
  const end = numberAt + length.value;

  const old = keysOf(theirs, 'client in');
  const header = Buffer.from(packet.subarray(0, numberAt + 4));
  const size = maskHeader(header, numberAt, packet.subarray(numberAt + 4), old.headerKey);
  const opener = createDecipheriv('aes-128-gcm', old.key, nonceOf(old.nonce, header, numberAt, size))
    .setAAD(header.subarray(0, numberAt + size))
    .setAuthTag(packet.subarray(end - 16, end));
  const frames = Buffer.concat([opener.update(packet.subarray(numberAt + size, end - 16)), opener.final()]);

  const id = randomBytes(theirs.length);
  id.copy(header, 6);
  return protect(header.subarray(0, numberAt + size), size, frames, keysOf(id, 'client in'));
}

interface Keys {
  key: Buffer;
  nonce: Buffer;
  headerKey: Buffer;
}

function keysOf(id: Uint8Array, side: 'client in' | 'server in'): Keys {
  const secret = expand(hmac(SALT, id), side, 32);
  return {
    key: expand(secret, 'quic key', 16),
    nonce: expand(secret, 'quic iv', 12),
    headerKey: expand(secret, 'quic hp', 16),
  };
}

/** Encrypts. The header ends with the packet number, of `size` bytes. */
function protect(header: Buffer, size: number, frames: Buffer, keys: Keys): Buffer {
  const numberAt = header.length - size;
  const nonce = nonceOf(keys.nonce, header, numberAt, size);
  const cipher = createCipheriv('aes-128-gcm', keys.key, nonce).setAAD(header);
  const body = Buffer.concat([cipher.update(frames), cipher.final(), cipher.getAuthTag()]);
  const mask = headerMask(body.subarray(4 - size), keys.headerKey);
  const masked = Buffer.from(header);
  masked[0] = (masked[0] ?? 0) ^ ((mask[0] ?? 0) & 0x0f);
  xor(masked, numberAt, mask.subarray(1, 1 + size));
  return Buffer.concat([masked, body]);
}

/** Takes the mask off a header. @returns the size of the packet number */
function maskHeader(header: Buffer, numberAt: number, sample: Uint8Array, key: Buffer): number {
  const mask = headerMask(sample, key);
  header[0] = (header[0] ?? 0) ^ ((mask[0] ?? 0) & 0x0f);
  const size = ((header[0] ?? 0) & 3) + 1;
  xor(header, numberAt, mask.subarray(1, 1 + size));
  return size;
}

function headerMask(sample: Uint8Array, key: Buffer): Buffer {
  return createCipheriv('aes-128-ecb', key, null).update(sample.subarray(0, 16));
}

function nonceOf(nonce: Buffer, header: Buffer, numberAt: number, size: number): Buffer {
  const result = Buffer.from(nonce);
  xor(result, result.length - size, header.subarray(numberAt, numberAt + size));
  return result;
}

function xor(bytes: Buffer, at: number, mask: Uint8Array): void {
  for (const [index, value] of mask.entries()) bytes[at + index] = (bytes[at + index] ?? 0) ^ value;
}

/** QUIC's variable-length integer, of one or two bytes. */
function varint(bytes: Uint8Array): { value: number; size: number } {
  const [first = 0, second = 0] = bytes;
  return first < 0x40 ? { value: first, size: 1 } : { value: ((first & 0x3f) << 8) | second, size: 2 };
}

/** A length byte and the id, then what follows. */
function connectionId(bytes: Uint8Array): [Uint8Array, Uint8Array] {
  const end = 1 + (bytes[0] ?? 0);
  return [bytes.subarray(1, end), bytes.subarray(end)];
}

function hmac(key: Uint8Array, data: Uint8Array): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

/** HKDF-Expand-Label of TLS 1.3, for lengths up to 32. */
function expand(secret: Uint8Array, name: string, length: number): Buffer {
  const label = Buffer.from(`tls13 ${name}`);
  const info = Buffer.concat([Buffer.of(0, length, label.length), label, Buffer.of(0, 1)]);
  return hmac(secret, info).subarray(0, length);
}
