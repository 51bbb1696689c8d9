import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Exchanged, Exchanges, type Session } from '../../../lib/probes/qad/index.js';

const SUSTAINED: Exchanged = { end: 'sustained', sent: 8, acknowledged: 8, lost: 0, spanMs: 300 };
const STALLED: Exchanged = { end: 'stalled', sent: 8, acknowledged: 0, lost: 0, spanMs: 0 };

/** A relay that sees us at an address, and whose datagrams come to an end at once. */
function session(ip: string, end: Exchanged | Promise<Exchanged>): Session & { isTried: boolean } {
  const each = {
    observed: { family: 4, ip, port: 1 },
    isTried: false,
    exchange: async () => {
      each.isTried = true;
      return end;
    },
  };
  return each as unknown as Session & { isTried: boolean };
}

async function outcome(sessions: readonly Session[]): Promise<Exchanges> {
  const exchanges = new Exchanges(4, () => 1000);
  for (const each of sessions) exchanges.add(each);
  exchanges.close();
  await exchanges.done;
  return exchanges;
}

describe('exchanges with the relays of a family', () => {
  it('try one relay for each address at which we are seen', async () => {
    const inside = session('192.168.1.100', SUSTAINED);
    const [first, second] = [session('203.0.113.66', SUSTAINED), session('203.0.113.66', SUSTAINED)];
    const { proofs } = await outcome([inside, first, second]);
    expect([inside, first, second].map(({ isTried }) => isTried)).toEqual([true, true, false]);
    expect(new Set(proofs.keys())).toEqual(new Set([inside, first]));
  });

  it('try the next one where datagrams do not pass', async () => {
    const [first, second] = [session('203.0.113.66', STALLED), session('203.0.113.66', SUSTAINED)];
    const { proofs } = await outcome([first, second]);
    expect(proofs.get(second)).toMatchObject({ end: 'sustained' });
  });

  it('try the next one beside one that is in trouble, and only once', async () => {
    const order: string[] = [];
    const troubled = (name: string, end: Exchanged | Promise<Exchanged>) =>
      ({
        observed: { family: 4, ip: '203.0.113.66', port: 1 },
        exchange: async (_: number, { onTrouble }: { onTrouble(): void }) => {
          order.push(name);
          onTrouble();
          onTrouble();
          return end;
        },
      }) as unknown as Session;
    const never = new Promise<Exchanged>(() => undefined);
    const exchanges = new Exchanges(4, () => 1000);
    for (const each of [
      troubled('first', never),
      troubled('second', never),
      session('203.0.113.66', SUSTAINED),
    ])
      exchanges.add(each);
    exchanges.close();
    await exchanges.done;
    expect(order).toEqual(['first', 'second']);
    expect(exchanges.proofs.size).toBe(1);
  });

  it('know from one relay that the path lives while datagrams do not pass, for all that see the same address', async () => {
    const asks = (ip: string, ...silentMs: number[]) => {
      const said: boolean[] = [];
      const each = {
        observed: { family: 4, ip, port: 1 },
        exchange: async (
          _: number,
          { livedInSilence }: { livedInSilence(ms: number, least: number): boolean },
        ) => {
          for (const ms of silentMs) said.push(livedInSilence(ms, 60));
          return STALLED;
        },
      };
      return { session: each as unknown as Session, said };
    };
    // A relay answered over TLS 50 ms ago.
    const exchanges = new Exchanges(
      4,
      () => 1000,
      () => 50,
    );
    const [first, second, other] = [
      asks('203.0.113.66', 100, 110, 0),
      asks('203.0.113.66', 0),
      asks('192.168.1.100', 0),
    ];
    for (const { session: each } of [first, second, other]) exchanges.add(each);
    exchanges.close();
    await exchanges.done;
    expect([first, second, other].map(({ said }) => said)).toEqual([[false, true, true], [true], [false]]);
  });

  it('do not wait for one whose address is proven', async () => {
    const never = session('203.0.113.66', new Promise<Exchanged>(() => undefined));
    const exchanges = new Exchanges(4, () => 1000);
    exchanges.add(never);
    exchanges.add(session('203.0.113.66', SUSTAINED));
    exchanges.close();
    await exchanges.done;
    expect(exchanges.proofs.size).toBe(1);
  });

  it('wait for those that are still to come', async () => {
    const exchanges = new Exchanges(4, () => 1000);
    exchanges.add(session('203.0.113.66', SUSTAINED));
    const first = await Promise.race([exchanges.done.then(() => 'done'), wait(50, 'waiting')]);
    exchanges.close();
    await exchanges.done;
    expect(first).toBe('waiting');
  });
});
