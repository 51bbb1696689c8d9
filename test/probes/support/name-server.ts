import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a name server does with a question: addresses, an error, an answer that comes late, or nothing at all. */
export type Zone = (
  name: string,
  family: 4 | 6,
) => readonly string[] | 'nxdomain' | 'servfail' | 'silence' | Late;

/** An answer after some milliseconds. */
export interface Late {
  afterMs: number;
  ips: readonly string[];
}

const CODES = { nxdomain: 3, servfail: 2 } as const;

/** A name server on loopback, in the few bytes of RFC 1035 that such a thing needs. */
export class NameServer {
  readonly #socket: Socket;
  /** Questions it was asked, `name 4` or `name 6`. */
  readonly asked: string[] = [];
  #isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async start(zone: Zone): Promise<NameServer> {
    const server = new NameServer(createSocket('udp4'));
    server.#socket.on('message', async (question, { port, address }) => {
      const answer = await server.#answer(question, zone);
      // Whoever asked, and this server, may be gone by then.
      if (answer !== null && !server.#isClosed) server.#socket.send(answer, port, address);
    });
    server.#socket.bind(0, '127.0.0.1');
    await once(server.#socket, 'listening');
    return server;
  }

  /** `ip:port`. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.close();
  }

  async #answer(question: Buffer, zone: Zone): Promise<Buffer | null> {
    const labels: string[] = [];
    let at = 12;
    for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
      labels.push(question.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const type = question.readUInt16BE(at + 1);
    const family = type === 1 ? 4 : 6;
    const name = labels.join('.').toLowerCase();
    this.asked.push(`${name} ${family}`);
    const said = zone(name, family);
    if (said === 'silence') return null;
    const code = typeof said === 'string' ? CODES[said] : 0;
    const ips = typeof said === 'string' ? [] : 'ips' in said ? said.ips : said;
    if (typeof said === 'object' && 'afterMs' in said) await sleep(said.afterMs);
    const head = Buffer.from(question.subarray(0, 12));
    head.writeUInt16BE(0x8180 | code, 2);
    head.fill(0, 6);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(ips.length, 6);
    return Buffer.concat([head, question.subarray(12, at + 5), ...ips.map((ip) => record(type, ip))]);
  }
}

function record(type: number, ip: string): Buffer {
  const data = type === 1 ? Buffer.from(ip.split('.').map(Number)) : ipv6(ip);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(60, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function ipv6(ip: string): Buffer {
  const [head = '', tail = ''] = ip.split('::');
  const groups = (text: string) => text.split(':').filter((group) => group !== '');
  const zeros = Array<string>(8 - groups(head).length - groups(tail).length).fill('0');
  const all = ip.includes('::') ? [...groups(head), ...zeros, ...groups(tail)] : groups(ip);
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
