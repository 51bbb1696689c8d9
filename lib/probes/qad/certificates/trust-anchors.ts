import { Certificate, subjectOf } from './certificate.js';

const PEM_BLOCK = /-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g;

/** Root certificates by name. Only those that a chain needs are parsed in full: all of Mozilla's would take 40 ms. */
export class TrustAnchors {
  readonly #bySubject = new Map<string, { der: Buffer; parsed: Certificate | null | undefined }[]>();

  /** @param pems - each with one certificate or several; what cannot be read is left out, as OpenSSL does */
  constructor(pems: Iterable<string>) {
    for (const pem of pems) {
      for (const [, base64 = ''] of pem.matchAll(PEM_BLOCK)) this.#add(Buffer.from(base64, 'base64'));
    }
  }

  get size(): number {
    return [...this.#bySubject.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** The roots of this name, in DER. */
  named(subject: Buffer): readonly Certificate[] {
    const entries = this.#bySubject.get(subject.toString('base64')) ?? [];
    return entries.flatMap((entry) => {
      entry.parsed ??= parse(entry.der);
      return entry.parsed === null ? [] : [entry.parsed];
    });
  }

  #add(der: Buffer): void {
    let subject: Buffer;
    try {
      subject = subjectOf(der);
    } catch {
      return;
    }
    const key = subject.toString('base64');
    const others = this.#bySubject.get(key) ?? [];
    this.#bySubject.set(key, [...others, { der, parsed: undefined }]);
  }
}

function parse(der: Buffer): Certificate | null {
  try {
    return new Certificate(der);
  } catch {
    return null;
  }
}
