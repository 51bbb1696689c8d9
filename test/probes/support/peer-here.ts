import type { BindOptions, BiStream } from '../../../lib/transport/index.js';
import { type Connection, type Endpoint, Router } from '../../../lib/transport/index.js';
import { encodePeerFacts, PEER_ALPN } from '../../../lib/wire/index.js';
import type { Loopback } from '../../support/loopback.js';

/** A peer of the tests on loopback: a real endpoint. Without `serve` it does what the protocol says. */
export async function peerHere(
  net: Loopback,
  serve: (connection: Connection, stream: () => Promise<BiStream>) => Promise<void> = wellBehaved,
  options: Partial<BindOptions> = {},
): Promise<{ endpoint: Endpoint; router: Router }> {
  const endpoint = await net.bind({ alpns: [PEER_ALPN], ...options });
  const router = new Router(endpoint);
  router.handle(PEER_ALPN, (connection) =>
    serve(connection, () => connection.acceptStream()).catch(() => {}),
  );
  router.start();
  return { endpoint, router };
}

async function wellBehaved(_: Connection, open: () => Promise<BiStream>): Promise<void> {
  const stream = await hello(open);
  await stream.write(encodePeerFacts({ isWell: true }));
  await echo(stream);
}

/** Takes the stream and reads the caller's hello. */
export async function hello(open: () => Promise<BiStream>): Promise<BiStream> {
  const stream = await open();
  await stream.readExact('{"version":1}\n'.length);
  return stream;
}

/** Sends everything back, until the stream ends or `bytes` are sent. */
export async function echo(stream: BiStream, bytes = Number.POSITIVE_INFINITY): Promise<void> {
  for (let sent = 0; sent < bytes; ) {
    const some = await stream.read(4096);
    if (some === null) return;
    await stream.write(some);
    sent += some.length;
  }
}
