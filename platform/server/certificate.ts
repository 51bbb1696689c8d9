import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { type Clock, codeOf, messageOf, NetDiagnosticsError } from 'iroh-net-diagnostics/services';
import type { TlsSettings } from '../options.js';
import { TLS } from './constants.js';

/** How often the files are read, in milliseconds. Watching them would miss links that are turned, as Kubernetes turns them. */
const LOOK_EVERY_MS = 10_000;
const DAY_MS = 86_400_000;
/** It is told of so long before its end, or for a quarter of its life, whichever is less. */
const WARN_BEFORE_MS = 14 * DAY_MS;

/** What {@link Certificate} uses. */
export interface CertificateDeps {
  files: TlsSettings;
  clock: Clock;
  warn(message: string): void;
  /** For tests. Default: {@link LOOK_EVERY_MS}. */
  lookEveryMs?: number;
}

interface Pair {
  cert: string;
  key: string;
  certificate: X509Certificate;
}

/**
 * The certificate by which the dashboard speaks TLS. When its files change the new one is used for connections from then on; a
 * pair that is none is told of, and the old one stays.
 */
export class Certificate {
  readonly #deps: CertificateDeps;
  readonly #timer: NodeJS.Timeout;
  #pair: Pair;
  #use: (context: SecureContextOptions) => void = () => {};
  /** Of the problem that was told last, so that it is told once. */
  #told: string | null = null;
  /** Of the problem that was there at the last look: files are exchanged one after the other. */
  #seen: string | null = null;
  #warnedAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;
  #looking: Promise<void> | null = null;

  private constructor(deps: CertificateDeps, pair: Pair) {
    this.#deps = deps;
    this.#pair = pair;
    this.#timer = setInterval(() => {
      // On a slow disk they would queue up.
      if (this.#looking === null) void this.#look(false);
    }, deps.lookEveryMs ?? LOOK_EVERY_MS).unref();
    this.#tellEnd();
  }

  /** @throws NetDiagnosticsError `ERR_SETTING`, which names the file and what is wrong with it */
  static async open(deps: CertificateDeps): Promise<Certificate> {
    return new Certificate(deps, await load(deps.files));
  }

  /** What a server of TLS is made with. */
  get context(): SecureContextOptions {
    return { ...TLS, cert: this.#pair.cert, key: this.#pair.key };
  }

  /** Until when it is valid. Unix milliseconds. */
  get validTo(): number {
    return Date.parse(this.#pair.certificate.validTo);
  }

  /** @param use - gets what servers are to be given from then on, each time that it changed */
  onChange(use: (context: SecureContextOptions) => void): void {
    this.#use = use;
  }

  /** Looks at the files now. Never rejects: what is wrong is told. */
  reload(): Promise<void> {
    return this.#look(true);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#isClosed = true;
  }

  /** One look at a time: an earlier one must not put its older pair over a later one. */
  async #look(isAsked: boolean): Promise<void> {
    const before = this.#looking;
    const looking = Promise.resolve(before).then(() => this.#lookOnce(isAsked));
    this.#looking = looking;
    await looking;
    if (this.#looking === looking) this.#looking = null;
  }

  async #lookOnce(isAsked: boolean): Promise<void> {
    try {
      const pair = await load(this.#deps.files);
      if (this.#isClosed) return;
      this.#seen = null;
      this.#told = null;
      if (pair.cert !== this.#pair.cert || pair.key !== this.#pair.key) {
        this.#pair = pair;
        this.#use(this.context);
        this.#warnedAt = Number.NEGATIVE_INFINITY;
      }
    } catch (error) {
      if (this.#isClosed) return;
      this.#tellProblem(messageOf(error), isAsked);
    }
    this.#tellEnd();
  }

  #tellProblem(problem: string, isAsked: boolean): void {
    const wasThere = this.#seen === problem;
    this.#seen = problem;
    if (!isAsked && (!wasThere || this.#told === problem)) return;
    this.#told = problem;
    this.#deps.warn(`${problem} The certificate that was there before stays in use.`);
  }

  /** Once a day, while its end is near. */
  #tellEnd(): void {
    const now = this.#deps.clock.now();
    if (now - this.#warnedAt < DAY_MS) return;
    const { validFrom } = this.#pair.certificate;
    const begin = Date.parse(validFrom);
    const end = this.validTo;
    const { cert } = this.#deps.files;
    const day = new Date(end).toISOString().slice(0, 10);
    const left = end - now;
    const problem =
      left <= 0
        ? `ended on ${day}: browsers refuse it`
        : begin > now
          ? `is not valid before ${new Date(begin).toISOString()}: browsers refuse it`
          : left < Math.min(WARN_BEFORE_MS, (end - begin) / 4)
            ? `ends on ${day}, in ${Math.ceil(left / DAY_MS)} days`
            : null;
    if (problem === null) return;
    this.#warnedAt = now;
    this.#deps.warn(
      `The certificate in ${cert} ${problem}. Put a new one there: it is used without a restart.`,
    );
  }
}

async function load({ cert: certFile, key: keyFile }: TlsSettings): Promise<Pair> {
  const [cert, key] = await Promise.all([read(certFile), read(keyFile)]);
  const certificate = certificateIn(cert, certFile);
  if (!certificate.checkPrivateKey(keyIn(key, keyFile)))
    throw unusable(`The key in ${keyFile} is not that of the certificate in ${certFile}.`);
  try {
    createSecureContext({ ...TLS, cert, key });
  } catch (error) {
    throw unusable(`The certificate in ${certFile} cannot be used: ${messageOf(error)}.`, error);
  }
  return { cert, key, certificate };
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw unusable(`${file} cannot be read: ${codeOf(error)}.`, error);
  }
}

function certificateIn(text: string, file: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (error) {
    throw unusable(`${file} holds no certificate: PEM is expected, with "BEGIN CERTIFICATE".`, error);
  }
}

function keyIn(text: string, file: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch (error) {
    const isLocked = codeOf(error) === 'ERR_MISSING_PASSPHRASE' || text.includes('ENCRYPTED');
    throw unusable(
      isLocked
        ? `The key in ${file} is locked by a passphrase, which nobody is there to type: openssl pkey writes it without.`
        : `${file} holds no private key: PEM is expected, with "BEGIN PRIVATE KEY".`,
      error,
    );
  }
}

function unusable(message: string, cause?: unknown): NetDiagnosticsError {
  return new NetDiagnosticsError('ERR_SETTING', message, { cause });
}
