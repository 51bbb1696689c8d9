import { Lab } from './lab.js';

/** A home network: `cli` behind the NAT of `rtr`, and `inet` with a STUN server, in documentation addresses. */
export const HOME = {
  client: '192.168.1.100',
  gateway: '192.168.1.1',
  wan: '203.0.113.66',
  stun: '203.0.113.10',
  otherStun: '203.0.113.11',
} as const;

/** Settings of miniupnpd, one a line. */
export type GatewaySettings = Readonly<Record<string, string>>;

const DEFAULTS: GatewaySettings = {
  ext_ifname: 'wan0',
  listening_ip: 'lan0',
  http_port: '5000',
  enable_natpmp: 'yes',
  enable_upnp: 'yes',
  secure_mode: 'yes',
  uuid: '11111111-2222-3333-4444-555555555555',
  min_lifetime: '120',
  max_lifetime: '86400',
  // It takes documentation ranges for reserved: it has to learn its address from somebody else.
  ext_perform_stun: 'yes',
  ext_stun_host: HOME.stun,
  ext_stun_port: '3478',
};

const RULES = `
table inet filter {
  chain input { type filter hook input priority 0; policy accept;
    iifname "wan0" udp sport { 3478, 3479 } accept
    iifname "wan0" ct state established,related accept
    iifname "wan0" drop
  }
  chain forward { type filter hook forward priority 0; policy drop;
    ct state established,related accept
    iifname "lan0" oifname "wan0" accept
    jump miniupnpd
  }
  chain miniupnpd { }
  chain prerouting { type nat hook prerouting priority -100; policy accept;
    jump prerouting_miniupnpd
  }
  chain postrouting { type nat hook postrouting priority 100; policy accept;
    jump postrouting_miniupnpd
    oifname "wan0" masquerade
  }
  chain prerouting_miniupnpd { }
  chain postrouting_miniupnpd { }
}`;

/** Builds the network, without a gateway's services. @param wan - the router's outer address */
export async function buildHome(wan: string = HOME.wan): Promise<Lab> {
  const lab = await Lab.build(['inet', 'rtr', 'cli']);
  try {
    await lab.sh(
      null,
      `ip -batch - <<'END'
link add c0 netns inet type veth peer name wan0 netns rtr
link add lan0 netns rtr type veth peer name eth0 netns cli
END
      ip -n inet addr add ${HOME.stun}/32 dev lo
      ip -n inet addr add ${HOME.otherStun}/32 dev lo
      ip -n inet addr add 203.0.113.65/26 dev c0
      ip -n inet link set c0 up
      ip -n rtr addr add ${wan}/26 dev wan0
      ip -n rtr addr add ${HOME.gateway}/24 dev lan0
      ip -n rtr link set wan0 up
      ip -n rtr link set lan0 up
      ip -n rtr route add default via 203.0.113.65 onlink dev wan0
      ip -n inet route replace ${wan}/32 dev c0
      ip -n cli addr add ${HOME.client}/24 dev eth0
      ip -n cli link set eth0 up
      ip -n cli route add default via ${HOME.gateway}
      ip netns exec rtr sysctl -qw net.ipv4.ip_forward=1`,
    );
    await lab.nft('rtr', RULES);
    return lab;
  } catch (error) {
    await lab.close();
    throw error;
  }
}

/** Starts a STUN server in `inet` and miniupnpd on the router; it is ready when this resolves. */
export async function startGateway(lab: Lab, settings: GatewaySettings = {}): Promise<void> {
  const lines = Object.entries({ ...DEFAULTS, ...settings }).map(([key, value]) => `${key}=${value}`);
  const allowed = ['allow 1024-65535 192.168.1.0/24 1024-65535', 'deny 0-65535 0.0.0.0/0 0-65535'];
  const file = '/run/miniupnpd.conf';
  await lab.sh('rtr', `cat >${file} <<'END'\n${[...lines, ...allowed].join('\n')}\nEND`);
  const stun = lab.start('inet', [
    ...['turnserver', '-n', '--stun-only', '--no-auth', '--no-cli', '--no-tls', '--no-dtls'],
    ...['--listening-port=3478', '-L', HOME.stun, '-L', HOME.otherStun],
    ...['--log-file=stdout', '--pidfile=/run/turnserver.pid'],
  ]);
  await stun.says(/Total General servers/);
  const gateway = lab.start('rtr', ['miniupnpd', '-d', '-f', file, '-P', '/run/miniupnpd.pid']);
  await gateway.says(/HTTP listening on port|Listening for NAT-PMP/);
  await lab.sh('rtr', 'conntrack -F 2>/dev/null');
}
