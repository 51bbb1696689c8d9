import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** One machine of a lab: a network namespace. */
export interface Host {
  /** Addresses with their prefix by device; a device is `lo` or an end of a link. */
  addresses?: Readonly<Record<string, readonly string[]>>;
  /** As `ip route add` takes them; those with a colon go to IPv6. */
  routes?: readonly string[];
  /** Whether it is a router. */
  forwards?: boolean;
  /** An nftables ruleset. */
  nft?: string;
}

/** A declared network. */
export interface Topology {
  hosts: Readonly<Record<string, Host>>;
  /** Pairs of `host/device`, each pair a cable. */
  links: readonly (readonly [string, string])[];
}

/** What a lab needs of this machine; null: all of it is there. */
export function whyNoLab(...programs: readonly string[]): string | null {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  const path = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;
  const missing = ['ip', 'ss', 'nft', 'unshare', 'nsenter', ...programs].filter((program) => {
    try {
      execFileSync('sh', ['-c', `command -v ${program}`], { env: { PATH: path }, stdio: 'ignore' });
      return false;
    } catch {
      return true;
    }
  });
  return missing.length === 0 ? null : `needs ${missing.join(', ')}`;
}

/**
 * A topology made real in namespaces of its own. Its first process lives as long as its standard input is open:
 * when the test's process dies, of whatever, the process namespace ends, every process in it is killed, and the
 * kernel takes the network namespaces, their devices and their rules away.
 */
export class Lab {
  readonly #init: ChildProcess;
  readonly #pid: number;

  private constructor(init: ChildProcess, pid: number) {
    this.#init = init;
    this.#pid = pid;
  }

  static async start(topology: Topology): Promise<Lab> {
    const flags = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const script = `${setupScript(topology)}\necho ready\nexec cat >/dev/null`;
    const init = spawn('unshare', [...flags, 'sh', '-c', script], { env: environment() });
    let [said, complained] = ['', ''];
    init.stderr.setEncoding('utf8').on('data', (text: string) => {
      complained += text;
    });
    init.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    while (!said.includes('ready')) {
      if (init.exitCode !== null) throw new Error(`the lab was not built: ${complained}`);
      await sleep(5);
    }
    // unshare's only child is process 1 of the new namespace; from outside it has another number.
    const children = readFileSync(`/proc/${init.pid}/task/${init.pid}/children`, 'utf8').trim();
    return new Lab(init, Number(children));
  }

  /** Starts a program on a host; it ends with the lab at the latest. */
  spawn(host: string, argv: readonly string[]): ChildProcess {
    const enter = ['--target', String(this.#pid), '--mount', '--pid', '--', 'ip', 'netns', 'exec', host];
    const child = spawn('nsenter', [...enter, ...argv], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment(),
    });
    return child;
  }

  /** Runs a program on a host to its end. @returns what it wrote to standard output */
  async run(host: string, argv: readonly string[]): Promise<string> {
    const child = this.spawn(host, argv);
    let [output, complaints] = ['', ''];
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`${argv[0]} on ${host} ended with ${code}: ${complaints || output}`);
    return output;
  }

  /** Starts a UDP service and waits until it listens at all of these addresses (`ip:port`). */
  async serve(host: string, argv: readonly string[], listensAt: readonly string[]): Promise<void> {
    const service = this.spawn(host, argv);
    let log = '';
    for (const stream of [service.stdout, service.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        log = (log + text).slice(-4000);
      });
    }
    const until = performance.now() + 10_000;
    for (;;) {
      const sockets = await this.run(host, ['ss', '-Hlun']);
      if (listensAt.every((address) => sockets.includes(`${address} `))) return;
      if (service.exitCode !== null || performance.now() > until) {
        throw new Error(`${argv[0]} does not listen at ${listensAt.join(', ')}: ${log}`);
      }
      await sleep(20);
    }
  }

  /** What becomes of it when somebody kills it. */
  kill(): void {
    this.#init.kill('SIGKILL');
  }

  /** Ends all of its processes and gives back its namespaces. */
  async close(): Promise<void> {
    if (this.#init.exitCode !== null || this.#init.signalCode !== null) return;
    const closed = once(this.#init, 'close');
    this.#init.stdin?.end();
    await closed;
  }
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };
}

function setupScript({ hosts, links }: Topology): string {
  const lines = [
    'set -e',
    // Nothing of the machine's own /run is seen in here, and nothing of the lab's is seen outside.
    'mount -t tmpfs lab /run',
    'mkdir /run/netns',
  ];
  for (const name of Object.keys(hosts)) {
    lines.push(
      `ip netns add ${name}`,
      // Before any device exists: duplicate address detection would hold IPv6 up for two seconds.
      `ip netns exec ${name} sh -c 'for of in all default; do ${write('net/ipv6/conf/$of/accept_dad', 0)}; done'`,
    );
  }
  for (const [a, b] of links) {
    const [[hostA, deviceA], [hostB, deviceB]] = [ends(a), ends(b)];
    lines.push(`ip link add ${deviceA} netns ${hostA} type veth peer name ${deviceB} netns ${hostB}`);
  }
  for (const [name, host] of Object.entries(hosts)) {
    const devices = links.flat().map(ends);
    const own = ['lo', ...devices.flatMap(([owner, device]) => (owner === name ? [device] : []))];
    lines.push(
      here(`ip -n ${name} -batch -`, [
        ...own.map((device) => `link set ${device} up`),
        ...Object.entries(host.addresses ?? {}).flatMap(([device, addresses]) =>
          addresses.map((address) => `addr add ${address} dev ${device}`),
        ),
      ]),
    );
    for (const route of host.routes ?? []) {
      lines.push(`ip -n ${name} ${route.includes(':') ? '-6' : '-4'} route add ${route}`);
    }
    if (host.forwards === true) {
      const forward = `${write('net/ipv4/ip_forward', 1)}; ${write('net/ipv6/conf/all/forwarding', 1)}`;
      lines.push(`ip netns exec ${name} sh -c '${forward}'`);
    }
    if (host.nft !== undefined) lines.push(here(`ip netns exec ${name} nft -f -`, [host.nft]));
  }
  return lines.join('\n');
}

function ends(end: string): [host: string, device: string] {
  const [host = '', device = ''] = end.split('/');
  return [host, device];
}

function write(key: string, value: number): string {
  return `echo ${value} >/proc/sys/${key}`;
}

function here(command: string, lines: readonly string[]): string {
  return [`${command} <<'END'`, ...lines, 'END'].join('\n');
}
