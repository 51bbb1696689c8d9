import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { type Issued, LabCa } from '../../probes/qad/support/lab-ca.js';
import { IROH_RELAY } from '../../probes/qad/support/programs.js';
import type { Host } from './topology.js';
import { RENTED_NAME, writeTrustingBinding } from './trusting-binding.js';

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

/** From when to when a certificate is valid, in days from now. */
export type ValidDays = readonly [from: number, to: number];

const DAY_MS = 24 * 60 * 60 * 1000;

/** A certificate authority for the relays of this process's labs. `remove` when the tests are over. */
export class RelayCa {
  readonly #ca = new LabCa();
  readonly #root: Issued = this.#ca.root(RENTED_NAME);
  readonly #issued = new Map<string, Issued>();
  #binding: string | null = null;

  /** PEM. */
  get pem(): string {
    return this.#root.cert;
  }

  get file(): string {
    return this.#root.certFile;
  }

  /** A copy of iroh's binding that trusts it, see {@link writeTrustingBinding}; made once. */
  get binding(): string {
    if (this.#binding !== null) return this.#binding;
    const file = join(this.#ca.folder, 'iroh.node');
    writeTrustingBinding(new X509Certificate(this.#root.cert), file);
    this.#binding = file;
    return file;
  }

  /** The certificate for some names, made once. Default: valid today. */
  server(names: readonly string[], valid?: ValidDays): Issued {
    const validity = valid === undefined ? {} : { validity: datesOf(valid) };
    return this.#once(`${valid ?? ''} ${names.join(' ')}`, () =>
      this.#ca.issue(this.#root, names[0] ?? '', { extensions: alternatives(names), ...validity }),
    );
  }

  /** One that nobody vouches for. */
  selfSigned(names: readonly string[]): Issued {
    return this.#once(`self ${names.join(' ')}`, () =>
      this.#ca.root(names[0] ?? '', { extensions: alternatives(names) }),
    );
  }

  /** One of another authority, that of a company, with that authority. */
  company(names: readonly string[]): { root: Issued; server: Issued } {
    const root = this.#once('company', () => this.#ca.root('Company CA'));
    const server = this.#once(`company ${names.join(' ')}`, () =>
      this.#ca.issue(root, names[0] ?? '', { extensions: alternatives(names) }),
    );
    return { root, server };
  }

  remove(): void {
    this.#ca.remove();
  }

  #once(key: string, make: () => Issued): Issued {
    const known = this.#issued.get(key);
    if (known !== undefined) return known;
    const issued = make();
    this.#issued.set(key, issued);
    return issued;
  }
}

function alternatives(names: readonly string[]): string[] {
  const each = names.map((name) => (/^[\d.]+$|:/.test(name) ? `IP:${name}` : `DNS:${name}`));
  return [`subjectAltName=${each.join(',')}`];
}

function datesOf([from, to]: ValidDays): readonly [Date, Date] {
  return [new Date(Date.now() + from * DAY_MS), new Date(Date.now() + to * DAY_MS)];
}

/** How a relay of the lab is run. Defaults: {@link RELAY_PORTS}. */
export interface RelayOptions {
  http?: number;
  /** null: no address discovery. */
  quic?: number | null;
  /** Its certificate's. */
  valid?: ValidDays;
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
