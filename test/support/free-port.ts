import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A port of 127.0.0.1 that is free now for TCP and UDP, for programs that have to be told one. It lies below those that
 * the kernel hands out by itself (from 32768 on), so that no socket of another test takes it before the program does.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    if ((await isFreeForTcp(port)) && (await isFreeForUdp(port))) return port;
  }
}

async function isFreeForTcp(port: number): Promise<boolean> {
  const server = createServer();
  const bound = await once(server.listen(port, '127.0.0.1'), 'listening').then(
    () => true,
    () => false,
  );
  if (bound) await new Promise((closed) => server.close(closed));
  return bound;
}

async function isFreeForUdp(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  const bound = await once(socket.bind(port, '127.0.0.1'), 'listening').then(
    () => true,
    () => false,
  );
  await new Promise<void>((closed) => socket.close(() => closed()));
  return bound;
}
