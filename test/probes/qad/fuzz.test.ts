import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { DecodeError } from '../../../lib/probes/qad/bytes.js';
import { Certificate } from '../../../lib/probes/qad/certificates/certificate.js';
import { verifyChain } from '../../../lib/probes/qad/certificates/verify-chain.js';
import { Connection } from '../../../lib/probes/qad/connection/connection.js';
import { CryptoReceiver } from '../../../lib/probes/qad/connection/crypto-receiver.js';
import { decodeFrames } from '../../../lib/probes/qad/connection/frames.js';
import { ReceivedPackets } from '../../../lib/probes/qad/connection/packet-space.js';
import { decodeServerParameters } from '../../../lib/probes/qad/connection/transport-parameters.js';
import { QadError, TrustAnchors } from '../../../lib/probes/qad/index.js';
import { packetsOf } from '../../../lib/probes/qad/packets/header.js';
import {
  decodeCertificate,
  decodeEncryptedExtensions,
  decodeServerHello,
} from '../../../lib/probes/qad/tls/messages.js';
import { derOf, LabCa } from './support/lab-ca.js';

const BUDGET_MS = 250;
const random = (below: number) => Math.floor(Math.random() * below);

/** Feeds changed copies of `seeds`, and noise, until the time is up. Only named errors may come out. */
function fuzz(seeds: readonly Buffer[], decode: (bytes: Buffer) => unknown): number {
  const end = performance.now() + BUDGET_MS;
  let rounds = 0;
  for (; performance.now() < end; rounds++) {
    const seed = seeds[random(seeds.length)] ?? Buffer.alloc(0);
    const bytes = random(4) === 0 ? randomBytes(random(200)) : mutate(seed);
    try {
      decode(bytes);
    } catch (error) {
      if (error instanceof QadError || error instanceof DecodeError) continue;
      throw new Error(`on ${bytes.toString('hex')}`, { cause: error });
    }
  }
  return rounds;
}

function mutate(seed: Buffer): Buffer {
  let bytes = Buffer.from(seed);
  for (let count = random(4); count >= 0; count--) {
    const at = random(bytes.length);
    if (random(3) === 0)
      bytes = Buffer.concat([bytes.subarray(0, at), randomBytes(random(4)), bytes.subarray(at + random(4))]);
    else if (bytes.length > 0) bytes[at] = random(256);
  }
  return bytes;
}

const hex = (text: string) => Buffer.from(text, 'hex');

describe('bytes of strangers', () => {
  const ca = new LabCa();
  const root = ca.root('Lab CA');
  const leaf = ca.server(root, 'relay.test');
  const der = derOf(leaf);
  afterAll(() => ca.remove());

  it('headers', () => {
    const retry = hex('ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba');
    const initial = Buffer.concat([hex('c300000001088394c8f03e5157080000449e00000002'), Buffer.alloc(1180)]);
    const negotiation = hex('8000000000088394c8f03e51570808f067a5502a4262b56b3343cf');
    expect(fuzz([retry, initial, negotiation], (bytes) => [...packetsOf(bytes)])).toBeGreaterThan(1000);
  });

  it('frames', () => {
    const seeds = [
      '02050001020103',
      '0600040102030401',
      '1c0a060568656c6c6f',
      '1801000801020304050607080102030405060708090a0b0c0d0e0f10',
      '809f81a60301020304abcd',
      '1e00000001',
    ].map(hex);
    expect(fuzz(seeds, (bytes) => decodeFrames(bytes, 'application'))).toBeGreaterThan(1000);
  });

  it('transport parameters', () => {
    const seed = hex(
      '000401020304010480007530020' +
        '00f04010203040b011902100102030405060708090a0b0c0d0e0f100a0103'.slice(1),
    );
    expect(fuzz([seed], decodeServerParameters)).toBeGreaterThan(1000);
  });

  it('TLS messages', () => {
    const hello = hex(
      `0303${'11'.repeat(32)}001301000${'02e002b00020304003300240' + '01d0020'}${'22'.repeat(32)}`,
    );
    expect(() => decodeServerHello(hello)).not.toThrow();
    const certificate = Buffer.concat([
      hex('00'),
      hex((der.length + 5).toString(16).padStart(6, '0')),
      hex(der.length.toString(16).padStart(6, '0')),
      der,
      hex('0000'),
    ]);
    expect(decodeCertificate(certificate)).toHaveLength(1);
    expect(fuzz([hello], decodeServerHello)).toBeGreaterThan(1000);
    expect(fuzz([hello], (bytes) => decodeEncryptedExtensions(bytes, 'h3'))).toBeGreaterThan(1000);
    expect(fuzz([certificate], decodeCertificate)).toBeGreaterThan(1000);
  });

  it('certificates: none that was changed is trusted', () => {
    const anchors = new TrustAnchors([root.cert]);
    const check = { host: 'relay.test', anchors, nowMs: Date.now() };
    expect(() => verifyChain([der], check)).not.toThrow();
    fuzz([der], (bytes) => new Certificate(bytes));
    fuzz([der], (bytes) => {
      if (bytes.equals(der)) return;
      verifyChain([bytes], check);
      throw new Error('a changed certificate is trusted');
    });
  });

  it('a connection outlives any noise, and a stranger’s Initial', () => {
    const sent: Buffer[] = [];
    const connection = new Connection({
      serverName: 'relay.test',
      alpn: 'x',
      environment: { now: () => performance.now(), randomBytes: (length) => randomBytes(length) },
      verifyChain: () => {
        throw new Error('never reached');
      },
      send: (datagram) => sent.push(datagram),
      onReport: () => undefined,
      onEnd: () => undefined,
      onGone: () => undefined,
    });
    connection.start();
    fuzz(
      [
        Buffer.concat([
          hex('c30000000108'),
          connection.id,
          hex('0801020304050607080040ff'),
          Buffer.alloc(255),
        ]),
      ],
      (bytes) => connection.receive(bytes, performance.now()),
    );
    connection.abandon();
    // Noise is never answered.
    expect(sent.length).toBeLessThan(5);
  });

  it('handshake data in any order comes out in order', () => {
    for (let round = 0; round < 200; round++) {
      const whole = randomBytes(1 + random(500));
      const receiver = new CryptoReceiver();
      const out: Buffer[] = [];
      for (let step = 0; step < 40; step++) {
        const from = random(whole.length);
        out.push(receiver.take(from, whole.subarray(from, from + random(100))));
      }
      out.push(receiver.take(0, whole));
      expect(Buffer.concat(out).equals(whole)).toBe(true);
    }
  });

  it('packet numbers in any order are seen once', () => {
    const received = new ReceivedPackets();
    const seen = new Set<number>();
    for (let step = 0; step < 3000; step++) {
      const packetNumber = random(500);
      if (!received.has(packetNumber)) {
        expect(seen.has(packetNumber)).toBe(false);
        seen.add(packetNumber);
        received.add(packetNumber);
      }
      expect(received.ranges.length).toBeLessThanOrEqual(16);
    }
  });
});
