import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate made by the openssl program, with its key: files, and their content as PEM. */
export interface Issued {
  name: string;
  certFile: string;
  keyFile: string;
  cert: string;
  key: string;
}

export type KeyKind = 'P-256' | 'P-384' | 'P-521' | 'rsa:2048' | 'rsa:4096' | 'rsa:1024' | 'ed25519';

interface Request {
  key?: KeyKind;
  /** Lines of an openssl extension section. */
  extensions?: readonly string[];
  /** Validity as openssl's `-not_before` / `-not_after` would say; days from now, may be negative. */
  days?: number;
  /** First and last moment, where days from now will not do. Not of a root. */
  validity?: readonly [from: Date, to: Date];
  digest?: 'sha1' | 'sha256' | 'sha384' | 'sha512';
}

export const CA_EXTENSIONS = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];

/** A folder of certificates: someone else's X.509, as odd as a test needs it. */
export class LabCa {
  readonly folder = mkdtempSync(join(tmpdir(), 'net-diagnostics-qad-ca-'));
  #serial = 1;

  /** A self-signed certificate. */
  root(name: string, request: Request = {}): Issued {
    return this.#make(name, null, { extensions: CA_EXTENSIONS, ...request });
  }

  issue(issuer: Issued, name: string, request: Request = {}): Issued {
    return this.#make(name, issuer, request);
  }

  /** A server's certificate for `host`. */
  server(issuer: Issued, host: string, request: Request = {}): Issued {
    const san = /^[\d.]+$|:/.test(host) ? `subjectAltName=IP:${host}` : `subjectAltName=DNS:${host}`;
    return this.issue(issuer, host, { extensions: [san], ...request });
  }

  /** One file with a chain. */
  chainFile(...chain: readonly Issued[]): string {
    const file = join(this.folder, `chain-${this.#serial++}.pem`);
    writeFileSync(file, chain.map(({ cert }) => cert).join(''));
    return file;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #make(name: string, issuer: Issued | null, request: Request): Issued {
    const { key: kind = 'P-256', extensions = [], days = 2, digest, validity } = request;
    const serial = this.#serial++;
    const file = (suffix: string) => join(this.folder, `${serial}.${suffix}`);
    writeFileSync(file('ext'), extensions.join('\n'));
    this.#openssl('genpkey', ...keyArguments(kind), '-out', file('key'));
    this.#openssl('req', '-new', '-key', file('key'), '-subj', `/CN=${name}`, '-out', file('csr'));
    if (issuer !== null && validity !== undefined) {
      this.#sign(issuer, validity, file);
    } else {
      const signer =
        issuer === null ? ['-signkey', file('key')] : ['-CA', issuer.certFile, '-CAkey', issuer.keyFile];
      this.#openssl(
        ...['x509', '-req', '-in', file('csr'), ...signer, '-set_serial', String(serial)],
        ...['-days', String(days), '-extfile', file('ext'), '-out', file('crt')],
        ...(digest === undefined ? [] : [`-${digest}`]),
      );
    }
    const [certFile, keyFile] = [file('crt'), file('key')];
    const read = (path: string) => readFileSync(path, 'utf8');
    return { name, certFile, keyFile, cert: read(certFile), key: read(keyFile) };
  }

  /** With dates of its own: `openssl x509` has learnt them late, `openssl ca` always knew them. */
  #sign(issuer: Issued, [from, to]: readonly [Date, Date], file: (suffix: string) => string): void {
    const config = [
      ...['[ca]', 'default_ca = own', '[own]', `database = ${file('db')}`, `new_certs_dir = ${this.folder}`],
      ...[`serial = ${file('srl')}`, 'default_md = sha256', 'policy = any', '[any]', 'commonName = supplied'],
    ];
    writeFileSync(file('cnf'), config.join('\n'));
    writeFileSync(file('db'), '');
    this.#openssl(
      ...['ca', '-batch', '-notext', '-rand_serial', '-config', file('cnf'), '-in', file('csr')],
      ...['-cert', issuer.certFile, '-keyfile', issuer.keyFile, '-extfile', file('ext'), '-out', file('crt')],
      ...['-startdate', asn1Time(from), '-enddate', asn1Time(to)],
    );
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { stdio: 'pipe' });
  }
}

/** GeneralizedTime without a fraction (RFC 5280, section 4.1.2.5.2). */
function asn1Time(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace(/[-T:]/g, '')}Z`;
}

function keyArguments(kind: KeyKind): string[] {
  if (kind === 'ed25519') return ['-algorithm', 'ed25519'];
  const [type, bits = ''] = kind.split(':');
  if (type === 'rsa') return ['-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${bits}`];
  return ['-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${kind}`];
}

/** A PEM certificate's bytes. */
export function derOf({ cert }: { cert: string }): Buffer {
  return Buffer.from(cert.replace(/-----[^-]+-----/g, ''), 'base64');
}
