import { describe, expect, it } from 'vitest';
import { decodeFrames } from '../../../lib/probes/qad/connection/frames.js';
import { isAuthenticRetry, type ProtectedPacket, packetsOf } from '../../../lib/probes/qad/packets/header.js';
import { expandLabel, initialSecrets, PacketKeys } from '../../../lib/probes/qad/packets/packet-keys.js';
import { decodePacketNumber, openPacket } from '../../../lib/probes/qad/packets/protection.js';

const hex = (text: string) => Buffer.from(text.replace(/\s/g, ''), 'hex');

/** RFC 9001 appendix A: the client's first destination connection id. */
const DESTINATION_ID = hex('8394c8f03e515708');

describe('RFC 9001 A.1: keys', () => {
  const { client, server } = initialSecrets(DESTINATION_ID);

  it.each([
    ['client', client, 'c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea'],
    ['server', server, '3c199828fd139efd216c155ad844cc81fb82fa8d7446fa7d78be803acdda951b'],
  ])('%s initial secret', (_, secret, expected) => {
    expect(secret.toString('hex')).toBe(expected);
  });

  it.each([
    ['client key', client, 'quic key', 16, '1f369613dd76d5467730efcbe3b1a22d'],
    ['client iv', client, 'quic iv', 12, 'fa044b2f42a3fd3b46fb255c'],
    ['client hp', client, 'quic hp', 16, '9f50449e04a0e810283a1e9933adedd2'],
    ['server key', server, 'quic key', 16, 'cf3a5331653c364c88f0f379b6067e37'],
    ['server iv', server, 'quic iv', 12, '0ac1493ca1905853b0bba03e'],
    ['server hp', server, 'quic hp', 16, 'c206b8d9b9f0f37644430b490eeaa314'],
  ])('%s', (_, secret, label, length, expected) => {
    expect(expandLabel(secret, label, Buffer.alloc(0), length).toString('hex')).toBe(expected);
  });
});

describe('RFC 9001 A.2: client Initial', () => {
  it('header protection mask', () => {
    const keys = new PacketKeys(initialSecrets(DESTINATION_ID).client);
    expect(keys.headerMask(hex('d1b1c98dd7689fb8ec11d242b123dc9b')).toString('hex')).toBe('437b9aec36');
  });

  it('the start of the packet', () => {
    const keys = new PacketKeys(initialSecrets(DESTINATION_ID).client);
    const crypto = hex(`060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e868
      04fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578
      616d706c652e636f6dff01000100000a00080006001d00170018001000070005
      04616c706e000500050100000000003300260024001d00209370b2c9caa47fba
      baf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b000302030400
      0d0010000e0403050306030203080408050806002d00020101001c0002400100
      3900320408ffffffffffffffff05048000ffff07048000ffff0801100104800075300901100f088394c8f03e51570806048000ffff`);
    const header = hex('c300000001088394c8f03e5157080000449e00000002');
    const payload = Buffer.concat([crypto, Buffer.alloc(1162 - crypto.length)]);
    const sealed = keys.seal(2, header, payload);
    expect(sealed.subarray(0, 16).toString('hex')).toBe('d1b1c98dd7689fb8ec11d242b123dc9b');
    expect(sealed.subarray(-16).toString('hex')).toBe('e221af44860018ab0856972e194cd934');
  });
});

describe('RFC 9001 A.3: server Initial', () => {
  const PACKET = hex(`cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a
    5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3
    dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84
    022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc4
    2158407dd074ee`);

  it('opens and holds an ACK and the ServerHello', () => {
    const [packet] = [...packetsOf(PACKET)];
    expect(packet).toMatchObject({ kind: 'protected', level: 'initial', sourceId: hex('f067a5502a4262b5') });
    const keys = new PacketKeys(initialSecrets(DESTINATION_ID).server);
    const opened = openPacket(packet as ProtectedPacket, [keys], -1);
    expect(opened?.packetNumber).toBe(1);
    const frames = decodeFrames(opened?.payload ?? Buffer.alloc(0), 'initial');
    expect(frames).toMatchObject([
      { type: 'ack', ranges: [{ from: 0, to: 0 }], delay: 0 },
      { type: 'crypto', offset: 0 },
    ]);
  });

  it('does not open with one bit changed, wherever it is', () => {
    const keys = new PacketKeys(initialSecrets(DESTINATION_ID).server);
    for (let bit = 0; bit < PACKET.length * 8; bit++) {
      const changed = Buffer.from(PACKET);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      for (const packet of packetsOf(changed)) {
        if (packet.kind === 'protected') expect(openPacket(packet, [keys], -1)).toBeNull();
      }
    }
  });
});

describe('RFC 9001 A.4: Retry', () => {
  const PACKET = hex('ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba');

  it('reads and authenticates', () => {
    const [packet] = [...packetsOf(PACKET)];
    expect(packet).toMatchObject({ kind: 'retry', token: Buffer.from('token') });
    expect(isAuthenticRetry(PACKET, DESTINATION_ID)).toBe(true);
    expect(isAuthenticRetry(PACKET, hex('8394c8f03e515709'))).toBe(false);
  });
});

describe('RFC 9000 A.3: packet numbers', () => {
  it.each([
    [0xa82f30ea, 0x9b32, 2, 0xa82f9b32],
    [-1, 0, 1, 0],
    [-1, 3, 4, 3],
    [255, 0, 1, 256],
    [256, 255, 1, 255],
  ])('after %i, %i in %i bytes is %i', (largest, truncated, bytes, expected) => {
    expect(decodePacketNumber(largest, truncated, bytes)).toBe(expected);
  });
});
