import type { Host, Topology } from './topology.js';

/** The shell script that makes a topology real inside fresh mount, process and network namespaces. */
export function setupScript({ hosts, links, names = [], resolver = '' }: Topology): string {
  const ends = links.flat().map(endOf);
  return [
    'set -e',
    // Nothing of the machine's own /run is seen in here, and nothing of the lab's is seen outside.
    'mount -t tmpfs lab /run',
    'mkdir /run/netns /run/lab',
    here('cat >/run/lab/hosts', ['127.0.0.1 localhost', '::1 localhost', ...names]),
    here('cat >/run/lab/resolv.conf', [resolver]),
    'mount --bind /run/lab/hosts /etc/hosts',
    'mount --bind /run/lab/resolv.conf /etc/resolv.conf',
    ...Object.keys(hosts).flatMap(create),
    ...links.map(([a, b]) => connect(endOf(a), endOf(b))),
    ...Object.entries(hosts).flatMap(([name, host]) => [
      configure(name, host, ['lo', ...ends.flatMap(([owner, device]) => (owner === name ? [device] : []))]),
    ]),
  ].join('\n');
}

function create(name: string): string[] {
  const keys = [
    // Before any device exists: duplicate address detection would hold IPv6 up for two seconds.
    ...['all', 'default'].map((scope) => write(`net/ipv6/conf/${scope}/accept_dad`, 0)),
    // A refused datagram is answered each time, not only now and then.
    write('net/ipv4/icmp_ratelimit', 0),
    write('net/ipv6/icmp/ratelimit', 0),
  ];
  return [`ip netns add ${name}`, `ip netns exec ${name} sh -c '${keys.join('; ')}'`];
}

function connect([hostA, deviceA]: End, [hostB, deviceB]: End): string {
  return `ip link add ${deviceA} netns ${hostA} type veth peer name ${deviceB} netns ${hostB}`;
}

function configure(name: string, host: Host, devices: readonly string[]): string {
  const addresses = Object.entries(host.addresses ?? {});
  const lines = [
    here(`ip -n ${name} -batch -`, [
      ...devices.map((device) => `link set ${device} up`),
      ...addresses.flatMap(([device, list]) =>
        list.map((address) => `addr add ${address} dev ${device}${address.includes(':') ? ' nodad' : ''}`),
      ),
    ]),
  ];
  for (const route of host.routes ?? []) {
    lines.push(`ip -n ${name} ${route.includes(':') ? '-6' : '-4'} route add ${route}`);
  }
  if (host.forwards === true) {
    const keys = [write('net/ipv4/ip_forward', 1), write('net/ipv6/conf/all/forwarding', 1)];
    lines.push(`ip netns exec ${name} sh -c '${keys.join('; ')}'`);
  }
  if (host.nft !== undefined) lines.push(here(`ip netns exec ${name} nft -f -`, [host.nft]));
  for (const command of host.commands ?? []) {
    lines.push(here(`ip netns exec ${name} sh -eu`, [command]));
  }
  return lines.join('\n');
}

type End = [host: string, device: string];

function endOf(end: string): End {
  const [host = '', device = ''] = end.split('/');
  return [host, device];
}

function write(key: string, value: number): string {
  return `echo ${value} >/proc/sys/${key}`;
}

function here(command: string, lines: readonly string[]): string {
  return [`${command} <<'END'`, ...lines, 'END'].join('\n');
}
