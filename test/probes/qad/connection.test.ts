import { describe, expect, it } from 'vitest';
import { Connection } from '../../../lib/probes/qad/connection/connection.js';
import { encodeTransportClose, PING } from '../../../lib/probes/qad/connection/frames.js';
import type { QadError } from '../../../lib/probes/qad/index.js';
import { initialSecrets, PacketKeys } from '../../../lib/probes/qad/packets/packet-keys.js';
import { sealPacket } from '../../../lib/probes/qad/packets/protection.js';

/** Both connection ids of the client under test, in the order in which it asks for randomness. */
const CLIENT_ID = Buffer.alloc(8, 1);
const ORIGINAL_ID = Buffer.alloc(8, 2);
const SERVER_ID = Buffer.alloc(8, 3);

function setUp() {
  const random = [CLIENT_ID, ORIGINAL_ID];
  const sent: Buffer[] = [];
  const ends: QadError[] = [];
  const connection = new Connection({
    serverName: 'relay.test',
    alpn: 'x',
    environment: { now: () => 0, randomBytes: (length) => random.shift() ?? Buffer.alloc(length) },
    verifyChain: () => {
      throw new Error('never reached');
    },
    send: (datagram) => sent.push(datagram),
    onReport: () => undefined,
    onEnd: (error) => ends.push(error),
    onGone: () => undefined,
  });
  connection.start();
  return { connection, sent, ends };
}

/** A server's Initial packet: anyone who saw the client's first can write one. */
function initial(packetNumber: number, payload: Buffer, sourceId = SERVER_ID): Buffer {
  const keys = new PacketKeys(initialSecrets(ORIGINAL_ID).server);
  const token = Buffer.alloc(0);
  return sealPacket(
    { level: 'initial', destinationId: CLIENT_ID, sourceId, token, packetNumber },
    payload,
    keys,
  );
}

describe('a connection', () => {
  it('starts with a datagram of 1200 bytes', () => {
    const { connection, sent } = setUp();
    expect(sent.map(({ length }) => length)).toEqual([1200]);
    connection.abandon();
    // The server does not know us: nothing to say.
    expect(sent).toHaveLength(1);
  });

  it('RFC 9002 §6.2.4: when nothing comes back it asks twice at a time', async () => {
    const { connection, sent } = setUp();
    await expect.poll(() => sent.length).toBeGreaterThan(1);
    expect(sent.map(({ length }) => length)).toEqual([1200, 1200, 1200]);
    connection.abandon();
  });

  it('ends once, whatever follows in the same datagram', () => {
    const { connection, ends } = setUp();
    const close = encodeTransportClose(2, 'busy');
    connection.receive(Buffer.concat([initial(0, close), initial(1, close), initial(2, Buffer.of(0x08))]), 1);
    expect(ends).toMatchObject([{ code: 'QAD_CLOSED_BY_RELAY' }]);
  });

  it('RFC 9000 §7.2: keeps to the server’s first connection id', () => {
    const { connection, sent, ends } = setUp();
    connection.receive(initial(0, PING), 1);
    connection.receive(initial(1, encodeTransportClose(2, ''), Buffer.alloc(8, 9)), 2);
    expect(ends).toEqual([]);
    expect(sent.at(-1)?.subarray(6, 14)).toEqual(SERVER_ID);
    connection.abandon();
  });

  it.each([
    ['a frame of 1-RTT packets', Buffer.of(0x1e)],
    ['no frame', Buffer.alloc(0)],
    ['a cut frame', Buffer.of(0x06, 0, 9)],
  ])('%s in an Initial packet ends it', (_, payload) => {
    const { connection, ends } = setUp();
    connection.receive(initial(0, payload), 1);
    expect(ends).toMatchObject([{ code: 'QAD_PROTOCOL' }]);
  });

  it('acknowledges what must be acknowledged, once', () => {
    const { connection, sent } = setUp();
    connection.receive(initial(0, PING), 1);
    expect(sent).toHaveLength(2);
    connection.receive(initial(0, PING), 2);
    expect(sent).toHaveLength(2);
    connection.abandon();
  });
});
