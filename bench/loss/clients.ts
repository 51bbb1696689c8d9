import { performance } from 'node:perf_hooks';
import { discover, QadSocket, type TrustAnchors } from '../../lib/probes/qad/index.js';
import { PeerProcess } from '../../test/interop/support/index.js';

/** How one run ended. */
export interface Sample {
  ok: boolean;
  /** From before the socket was bound to the address, or to the error. */
  ms: number;
}

/** Asks one time after the other, each with a fresh socket. */
export type Client = (port: number, runs: number) => AsyncGenerator<Sample, void, undefined>;

export interface Relay {
  host: string;
  timeoutMs: number;
}

export function ours({ host, timeoutMs }: Relay, trust: TrustAnchors): Client {
  return async function* (port, runs) {
    for (let run = 0; run < runs; run++) {
      const begun = performance.now();
      const socket = await QadSocket.bind(4);
      const asked = discover({ host, ip: '127.0.0.1', port, socket, trust, timeoutMs });
      const ok = await asked.then(
        () => true,
        () => false,
      );
      const ms = performance.now() - begun;
      await socket.close();
      yield { ok, ms };
    }
  };
}

/** iroh's own probe, in a process of its own. */
export function theirs({ host, timeoutMs }: Relay, caFile: string): Client {
  return async function* (port, runs) {
    const peer = await PeerProcess.start([
      ...['address-discovery', '--relay-addr', `127.0.0.1:${port}`, '--name', host, '--ca', caFile],
      ...['--runs', String(runs), '--timeout', String(timeoutMs)],
    ]);
    try {
      for await (const line of peer) yield { ok: line.ok === true, ms: Number(line.ms) };
    } finally {
      await peer.stop();
    }
    if (peer.lines.length !== runs)
      throw new Error(`iroh's probe ended early: ${JSON.stringify(peer.lines.at(-1))}`);
  };
}
