import iroh from '@number0/iroh/index.js';
import type { EndpointAddress } from '../../lib/wire/index.js';

/** A peer that has opened one one-way stream, which this package's own streams never are. */
export interface OneWayPeer {
  /** Opens one more, with so many bytes in it. Resolves when they are sent. */
  send(bytes: number): Promise<void>;
  /** How the connection ended, in the words of the binding. */
  closed(): Promise<string>;
  /** `null` while it is open. */
  closeReason(): string | null;
  /** Closes its endpoint. */
  leave(): Promise<void>;
}

/** Dials, and opens a one-way stream with a few bytes in it. */
export async function oneWayPeer(to: EndpointAddress, alpn: string): Promise<OneWayPeer> {
  const builder = iroh.Endpoint.builder();
  builder.applyMinimal();
  builder.bindAddr('127.0.0.1:0');
  const endpoint = await builder.bind();
  const door = to.directAddrs.find(({ family }) => family === 4);
  const address = new iroh.EndpointAddr(iroh.EndpointId.fromString(to.id), null, [`127.0.0.1:${door?.port}`]);
  const connection = await endpoint.connect(address, [...Buffer.from(alpn)]);
  const stream = await connection.openUni();
  await stream.writeAll([1, 2, 3]);
  return {
    send: async (bytes) => {
      const next = await connection.openUni();
      await next.writeAll(new Array<number>(bytes).fill(7));
    },
    closed: () => connection.closed(),
    closeReason: () => connection.closeReason(),
    leave: () => endpoint.close(),
  };
}
