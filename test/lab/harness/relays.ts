import { type Issued, LabCa } from '../../probes/qad/support/lab-ca.js';
import { IROH_RELAY } from '../../probes/qad/support/programs.js';
import type { Host } from './topology.js';

/** A relay of the lab: a machine of its own behind `inet`, with one address of each family. */
export interface LabRelay {
  host: 'ra' | 'rb';
  name: string;
  url: string;
  ipv4: string;
  ipv6: string;
  /** A further name on its certificate. */
  alias?: string;
}

export const RELAY_A: LabRelay = {
  host: 'ra',
  name: 'relay-a.test',
  url: 'https://relay-a.test/',
  ipv4: '198.51.100.10',
  ipv6: '2001:db8:a::10',
};

export const RELAY_B: LabRelay = {
  host: 'rb',
  name: 'relay-b.test',
  url: 'https://relay-b.test/',
  ipv4: '198.51.100.20',
  ipv6: '2001:db8:b::10',
};

export const RELAYS = [RELAY_A, RELAY_B] as const;

/** Ports of a relay: the captive-portal check, HTTPS, address discovery. */
export const RELAY_PORTS = { http: 80, https: 443, quic: 7842 } as const;

/** Lines for /etc/hosts: both families, as real relays have them. */
export const RELAY_NAMES = RELAYS.flatMap(({ name, ipv4, ipv6 }) => [`${ipv4} ${name}`, `${ipv6} ${name}`]);

/** The machine of a relay; `index` names its transfer network. */
export function relayHost({ ipv4, ipv6 }: LabRelay, index: number): Host {
  return {
    addresses: {
      lo: [`${ipv4}/32`, `${ipv6}/128`],
      eth0: [`198.18.${index}.2/30`, `2001:db8:ff:${index}::2/64`],
    },
    routes: [`default via 198.18.${index}.1 src ${ipv4}`, `default via 2001:db8:ff:${index}::1 src ${ipv6}`],
  };
}

/** A certificate authority for the relays of this process's labs. `remove` when the tests are over. */
export class RelayCa {
  readonly #ca = new LabCa();
  readonly #root: Issued = this.#ca.root('Lab CA');
  readonly #servers = new Map<string, Issued>();

  /** PEM. */
  get pem(): string {
    return this.#root.cert;
  }

  get file(): string {
    return this.#root.certFile;
  }

  /** The certificate for some names, made once. */
  server(...names: readonly string[]): Issued {
    const key = names.join(' ');
    const known = this.#servers.get(key);
    if (known !== undefined) return known;
    const alternatives = names.map((name) => (/^[\d.]+$|:/.test(name) ? `IP:${name}` : `DNS:${name}`));
    const extensions = [`subjectAltName=${alternatives.join(',')}`];
    const server = this.#ca.issue(this.#root, names[0] ?? '', { extensions });
    this.#servers.set(key, server);
    return server;
  }

  remove(): void {
    this.#ca.remove();
  }
}

/** How a relay of the lab is run. Defaults: {@link RELAY_PORTS}. */
export interface RelayOptions {
  http?: number;
  /** null: no address discovery. */
  quic?: number | null;
}

/** The configuration of a real iroh-relay that listens at all addresses of its host. */
export function relayConfig(
  server: Issued,
  { http = RELAY_PORTS.http, quic = RELAY_PORTS.quic }: RelayOptions,
): string {
  return [
    `http_bind_addr = "[::]:${http}"`,
    `enable_quic_addr_discovery = ${quic !== null}`,
    'enable_metrics = false',
    '[tls]',
    `https_bind_addr = "[::]:${RELAY_PORTS.https}"`,
    ...(quic === null ? [] : [`quic_bind_addr = "[::]:${quic}"`]),
    'cert_mode = "Manual"',
    `manual_cert_path = "${server.certFile}"`,
    `manual_key_path = "${server.keyFile}"`,
  ].join('\n');
}

/** The relay's program; labs that need it do not run without. */
export const RELAY_PROGRAM = IROH_RELAY ?? 'iroh-relay';
