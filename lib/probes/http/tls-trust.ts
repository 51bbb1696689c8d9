import * as tls from 'node:tls';
import { MAX_ROOTS_FILE_BYTES } from '../constants.js';
import { TrustAnchors } from '../qad/index.js';
import { readBounded } from '../read-bounded.js';

/** The roots that the probes trust. */
export interface TlsTrust {
  /** The roots that iroh trusts (Mozilla's, bundled), and the certificates of the `ca` option. */
  trusted(): tls.SecureContext;
  /** The roots that this machine trusts in addition. Null: none. Only used to explain a failure. */
  machine(): Promise<tls.SecureContext | null>;
  /** The same roots as {@link trusted}, for the QUIC client. */
  anchors(): TrustAnchors;
}

/** PEM certificates that this machine trusts by itself. */
export type MachineRoots = () => Promise<readonly string[]>;

/** Errors of a chain whose root is unknown to us; other roots may know it. */
export const UNTRUSTED_CODES: ReadonlySet<string> = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

// Where Linux distributions and BSDs keep their roots. For Node versions that cannot ask the system.
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** The system's store and `NODE_EXTRA_CA_CERTS`, as they are now. */
export function systemRoots(env: NodeJS.ProcessEnv): MachineRoots {
  return async () => {
    const extraFile = env.NODE_EXTRA_CA_CERTS;
    const extra = extraFile ? await readBounded(extraFile, MAX_ROOTS_FILE_BYTES) : null;
    return [...(await systemStore()), ...(extra === null ? [] : [extra])];
  };
}

async function systemStore(): Promise<readonly string[]> {
  // From Node 22.15 on.
  const { getCACertificates } = tls as { getCACertificates?: (type: 'system') => string[] };
  if (getCACertificates !== undefined) return getCACertificates('system');
  for (const path of BUNDLES) {
    const bundle = await readBounded(path, MAX_ROOTS_FILE_BYTES);
    if (bundle !== null) return [bundle];
  }
  return [];
}

/** Parses the roots once for each report, and only if TLS is spoken: the bundled ones take 40 ms. */
export function tlsTrust(
  bundled: readonly string[],
  ca: readonly string[],
  machineRoots: MachineRoots,
): TlsTrust {
  let trusted: tls.SecureContext | undefined;
  let machine: Promise<tls.SecureContext | null> | undefined;
  let anchors: TrustAnchors | undefined;
  const parseMachine = async () => {
    try {
      const roots = await machineRoots();
      return roots.length === 0 ? null : tls.createSecureContext({ ca: [...bundled, ...roots] });
    } catch {
      return null; // a broken store of the machine's explains nothing
    }
  };
  return {
    trusted: () => (trusted ??= tls.createSecureContext({ ca: [...bundled, ...ca] })),
    machine: () => (machine ??= parseMachine()),
    anchors: () => (anchors ??= new TrustAnchors([...bundled, ...ca])),
  };
}
