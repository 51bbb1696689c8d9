import type { Lab } from './lab.js';
import {
  type LabRelay,
  RELAY_PORTS,
  RELAY_PROGRAM,
  RELAYS,
  type RelayCa,
  type RelayOptions,
  relayConfig,
} from './relays.js';

/** Something that runs on a host of a lab. `start` resolves when it is ready. */
export interface Service {
  start(lab: Lab, ca: RelayCa): Promise<unknown>;
}

/** A real iroh-relay. */
export function relay(which: LabRelay, options: RelayOptions = {}): Service {
  const { http = RELAY_PORTS.http, quic = RELAY_PORTS.quic } = options;
  const tcp = [http, RELAY_PORTS.https];
  return {
    async start(lab, ca) {
      const file = `/run/lab/${which.host}.toml`;
      const { name, ipv4, ipv6, alias } = which;
      const names = [name, ipv4, ipv6, ...(alias === undefined ? [] : [alias])];
      const certificate = ca.server(names, options.valid);
      await lab.sh(which.host, `cat >${file} <<'END'\n${relayConfig(certificate, options)}\nEND`);
      const program = lab.start(which.host, [RELAY_PROGRAM, '--config-path', file], {
        RUST_LOG: 'warn',
        NO_COLOR: '1',
      });
      await program.until('listens', async () => {
        const sockets = (await lab.run(which.host, ['ss', '-Hlntu'])).split('\n');
        const isBound = (kind: string, port: number) =>
          sockets.some((line) => line.startsWith(kind) && line.includes(`:${port} `));
        return tcp.every((port) => isBound('tcp', port)) && (quic === null || isBound('udp', quic));
      });
    },
  };
}

/** STUN of coturn at these addresses of `inet`; with two of a family it knows RFC 5780. */
export function coturn(addresses: readonly string[], port = 3478, ...more: readonly string[]): Service {
  const argv = [
    ...['turnserver', '-n', '--stun-only', '--no-auth', '--no-cli', '--no-tls', '--no-dtls', '--no-tcp'],
    ...['--log-file=stdout', `--pidfile=/run/lab/turnserver-${port}.pid`, `--listening-port=${port}`],
    ...addresses.flatMap((address) => ['-L', address]),
    ...more,
  ];
  const sockets = addresses.map((address) => `${address.includes(':') ? `[${address}]` : address}:${port}`);
  return {
    async start(lab) {
      const program = lab.start('inet', argv);
      await program.until('listens', async () => {
        const bound = await lab.run('inet', ['ss', '-Hlun']);
        return sockets.every((socket) => bound.includes(`${socket} `));
      });
    },
  };
}

/** Settings of miniupnpd, one a line. */
export type GatewaySettings = Readonly<Record<string, string>>;

const GATEWAY_DEFAULTS: GatewaySettings = {
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
  ext_stun_host: '203.0.113.10',
  ext_stun_port: '3478',
};

/**
 * miniupnpd on the router, beside a coturn that tells it its address. It needs the rules of `gatewayRules`. One that
 * refuses must not speak NAT-PMP (it spins).
 */
export function gateway(settings: GatewaySettings = {}, maps: 'maps' | 'refuses' = 'maps'): Service {
  const lines = Object.entries({ ...GATEWAY_DEFAULTS, ...settings }).map(([key, value]) => `${key}=${value}`);
  const allowed = [
    ...(maps === 'maps' ? ['allow 1024-65535 192.168.1.0/24 1024-65535'] : []),
    'deny 0-65535 0.0.0.0/0 0-65535',
  ];
  return {
    async start(lab, ca) {
      await coturn(['203.0.113.10', '203.0.113.11']).start(lab, ca);
      const file = '/run/lab/miniupnpd.conf';
      await lab.sh('rtr', `cat >${file} <<'END'\n${[...lines, ...allowed].join('\n')}\nEND`);
      const program = lab.start('rtr', ['miniupnpd', '-d', '-f', file, '-P', '/run/lab/miniupnpd.pid']);
      await program.says(/HTTP listening on port|Listening for NAT-PMP/);
      // Its own questions must not stay behind as connections that are let in.
      await lab.sh('rtr', 'conntrack -F 2>/dev/null');
    },
  };
}

/** A gateway's NAT-PMP that names an address which miniupnpd would not name. */
export function natPmp(host: string, listen: string, externalIp: string): Service {
  const script = `
    const socket = require('node:dgram').createSocket('udp4');
    const answer = Uint8Array.from([0, 128, 0, 0, 0, 0, 0, 1, ${externalIp.split('.').join(', ')}]);
    socket.on('message', (_, { port, address }) => socket.send(answer, port, address));
    socket.bind(5351, '${listen}', () => console.log('ready'));`;
  return { start: (lab) => lab.start(host, [process.execPath, '-e', script]).says(/ready/) };
}

/** Takes HTTPS in the place of a relay on its host, and knows no WebSockets, as a proxy before it may. */
export function withoutWebSockets({ host, name, ipv4, ipv6 }: LabRelay): Service {
  const port = 8443;
  const script = `
    const [, certFile, keyFile] = process.argv;
    const read = (file) => require('node:fs').readFileSync(file);
    require('node:https').createServer({ cert: read(certFile), key: read(keyFile) }, (request, response) => {
      response.writeHead(request.url === '/ping' ? 200 : 400).end();
    }).listen(${port}, () => console.log('ready'));`;
  return {
    async start(lab, ca) {
      const { certFile, keyFile } = ca.server([name, ipv4, ipv6]);
      await lab.start(host, [process.execPath, '-e', script, certFile, keyFile]).says(/ready/);
      await lab.nft(
        host,
        `table inet proxy {
  chain pre {
    type nat hook prerouting priority dstnat; policy accept;
    tcp dport 443 redirect to :${port}
  }
}`,
      );
    },
  };
}

/** A web server in one line of JavaScript. `answer`: statements over `request` and `response`. */
export function web(host: string, address: string, port: number, answer: string): Service {
  const script = `require('node:http').createServer((request, response) => { ${answer} }).listen(${port}, '${address}', () => console.log('ready'))`;
  return { start: (lab) => lab.start(host, [process.execPath, '-e', script]).says(/ready/) };
}

/** The web server of a captive portal: whatever is asked, it sends to its login page. */
export function portal(host: string, address: string, port: number): Service {
  const answer = `response.writeHead(302, { location: 'http://login.portal.test/' }).end()`;
  return web(host, address, port, answer);
}

/** A DNS server on a host. */
export function dnsmasq(host: string, listen: string, ...args: readonly string[]): Service {
  const argv = ['dnsmasq', '--keep-in-foreground', '--no-resolv', '--no-hosts', '--bind-interfaces'];
  return {
    async start(lab) {
      const files = ['--conf-file=/dev/null', `--pid-file=/run/lab/dnsmasq-${host}.pid`, '--user=root'];
      const program = lab.start(host, [...argv, ...files, `--listen-address=${listen}`, ...args]);
      await program.until('listens', async () =>
        (await lab.run(host, ['ss', '-Hlun'])).includes(
          `${listen.includes(':') ? `[${listen}]` : listen}:53 `,
        ),
      );
    },
  };
}

/** Where the authority of a company lies, for a machine that trusts it. */
export const COMPANY_ROOT = '/run/lab/company.pem';

const NAMES_OF_RELAYS = RELAYS.map(({ name }) => name);

/**
 * TLS inspection: ends the clients' TLS and speaks to the relay in their place. `signer`: who signed the certificate
 * that it shows.
 */
export function inspection(
  host: string,
  listen: string,
  port: number,
  signer: 'itself' | 'a company',
): Service {
  const script = `
    const { createServer, connect } = require('node:tls');
    const [, certFile, keyFile] = process.argv;
    const read = (file) => require('node:fs').readFileSync(file);
    createServer({ cert: read(certFile), key: read(keyFile) }, (client) => {
      const name = client.servername;
      const relay = connect({ host: name, port: 443, servername: name, rejectUnauthorized: false });
      for (const [one, other] of [[client, relay], [relay, client]]) {
        one.on('error', () => other.destroy()).on('close', () => other.destroy()).pipe(other);
      }
    }).on('tlsClientError', () => undefined).listen(${port}, '${listen}', () => console.log('ready'));`;
  return {
    async start(lab, ca) {
      const { root, server } = ca.company(NAMES_OF_RELAYS);
      const shown = signer === 'itself' ? ca.selfSigned(NAMES_OF_RELAYS) : server;
      await lab.run(host, ['cp', root.certFile, COMPANY_ROOT]);
      await lab.start(host, [process.execPath, '-e', script, shown.certFile, shown.keyFile]).says(/ready/);
    },
  };
}

/** An HTTP proxy that opens tunnels (CONNECT) to the relays, whose names it knows by itself. */
export function connectProxy(host: string, listen: string, port: number): Service {
  const places = Object.fromEntries(RELAYS.map(({ name, ipv4 }) => [name, ipv4]));
  const script = `
    const places = ${JSON.stringify(places)};
    require('node:http').createServer().on('connect', (request, client) => {
      const [name, port] = request.url.split(':');
      const relay = require('node:net').connect(Number(port), places[name]);
      relay.on('connect', () => client.write('HTTP/1.1 200 OK\\r\\n\\r\\n'));
      for (const [one, other] of [[client, relay], [relay, client]]) {
        one.on('error', () => other.destroy()).on('close', () => other.destroy()).pipe(other);
      }
    }).listen(${port}, '${listen}', () => console.log('ready'));`;
  return { start: (lab) => lab.start(host, [process.execPath, '-e', script]).says(/ready/) };
}

/** A name server that fails at every question; others ask it. */
export function failingNames(host: string, port: number): Service {
  const script = `
    const socket = require('node:dgram').createSocket('udp4');
    socket.on('message', (question, { port, address }) => {
      question[2] |= 0x80;
      question[3] = 0x82;
      socket.send(question, port, address);
    });
    socket.bind(${port}, '127.0.0.1', () => console.log('ready'));`;
  return { start: (lab) => lab.start(host, [process.execPath, '-e', script]).says(/ready/) };
}

/** Asks the name server of the host itself, and keeps each answer for so many milliseconds. */
export function lateNames(host: string, listen: string, ms: number): Service {
  const script = `
    const { createSocket } = require('node:dgram');
    const socket = createSocket('udp4');
    socket.on('message', (question, { port, address }) => {
      const asking = createSocket('udp4');
      asking.on('message', (answer) => {
        asking.close();
        setTimeout(() => socket.send(answer, port, address), ${ms});
      });
      asking.send(question, 53, '127.0.0.1');
    });
    socket.bind(53, '${listen}', () => console.log('ready'));`;
  return { start: (lab) => lab.start(host, [process.execPath, '-e', script]).says(/ready/) };
}
