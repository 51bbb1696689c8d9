import { ChunkedBody } from './chunked-body.js';
import { MAX_HEADER_BYTES } from './constants.js';
import { UpnpError } from './upnp-error.js';

/** A complete answer with any status. Redirects are not followed. */
export interface GatewayAnswer {
  status: number;
  text: string;
}

/** How the body of an answer ends. */
type Framing = { kind: 'length'; length: number } | { kind: 'chunked' } | { kind: 'close' };

const EMPTY: Framing = { kind: 'length', length: 0 };

/**
 * Reads one HTTP/1 answer of a gateway. It exists because Node's parser refuses what routers' web servers send and
 * other clients accept: lines that end in a bare LF (in some versions even in its insecure mode), the same
 * Content-Length twice (in every mode), lines that are not headers. Each connection has one request and ends with its
 * answer, so a lenient reader cannot confuse answers. Headers and body are bounded.
 */
export class AnswerReader {
  readonly #maxBytes: number;
  /** The line whose end has not arrived. */
  #line = '';
  /** Lines of the current answer's headers, first the status line. */
  #lines: string[] = [];
  /** Bytes of headers so far, also of interim answers (1xx). */
  #headBytes = 0;
  #status: number | null = null;
  #framing: Framing = EMPTY;
  readonly #body: Buffer[] = [];
  #length = 0;
  readonly #chunked = new ChunkedBody((data) => this.#take(data));

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @returns the answer once it is whole @throws UpnpError `BAD_HTTP`, `TOO_LONG` */
  add(bytes: Buffer): GatewayAnswer | null {
    if (this.#status !== null) return this.#addBody(this.#status, bytes);
    let at = 0;
    while (at < bytes.length) {
      const feed = bytes.indexOf(0x0a, at);
      const end = feed === -1 ? bytes.length : feed + 1;
      this.#headBytes += end - at;
      if (this.#headBytes > MAX_HEADER_BYTES) {
        throw new UpnpError('TOO_LONG', `headers of more than ${MAX_HEADER_BYTES} bytes`);
      }
      this.#line += bytes.toString('latin1', at, end);
      at = end;
      const status = feed === -1 ? null : this.#endLine();
      if (status !== null) return this.#addBody(status, bytes.subarray(at));
    }
    return null;
  }

  /** @returns the status when this line ended the headers of the answer itself */
  #endLine(): number | null {
    const line = this.#line.trimEnd();
    this.#line = '';
    const [first = line] = this.#lines;
    if (line !== '') {
      this.#lines.push(line);
      // The first line tells that it is not HTTP; there is no need to wait.
      statusOf(first);
      return null;
    }
    // Empty lines before the answer do not belong to it (RFC 9112, section 2.2).
    if (first === '') return null;
    const status = statusOf(first);
    const headers = this.#lines.splice(0).slice(1);
    if (status < 200) return null;
    this.#status = status;
    this.#framing = status === 204 || status === 304 ? EMPTY : framingOf(headers);
    if (this.#framing.kind === 'length' && this.#framing.length > this.#maxBytes) throw this.#tooLong();
    return status;
  }

  /**
   * The other side closed the connection.
   *
   * @throws UpnpError `ECONNRESET` when the answer is not complete
   */
  end(): GatewayAnswer {
    if (this.#status !== null && this.#framing.kind === 'close') return this.#whole(this.#status);
    throw new UpnpError('ECONNRESET', 'the connection closed before the answer was whole');
  }

  #addBody(status: number, bytes: Buffer): GatewayAnswer | null {
    const framing = this.#framing;
    if (framing.kind === 'chunked') return this.#chunked.add(bytes) ? this.#whole(status) : null;
    if (framing.kind === 'close') {
      this.#take(bytes);
      return null;
    }
    this.#take(bytes.subarray(0, framing.length - this.#length));
    return this.#length === framing.length ? this.#whole(status) : null;
  }

  #take(data: Buffer): void {
    this.#length += data.length;
    if (this.#length > this.#maxBytes) throw this.#tooLong();
    this.#body.push(data);
  }

  #tooLong(): UpnpError {
    return new UpnpError('TOO_LONG', `an answer of more than ${this.#maxBytes} bytes`);
  }

  #whole(status: number): GatewayAnswer {
    return { status, text: Buffer.concat(this.#body).toString('utf8') };
  }
}

function statusOf(line: string): number {
  const status = /^HTTP\/1\.\d +(\d{3})(?: |$)/.exec(line)?.[1];
  if (status === undefined) throw new UpnpError('BAD_HTTP', 'what came back is no HTTP answer');
  return Number(status);
}

/** RFC 9112, section 6.3. Lines that are not headers are skipped. */
function framingOf(lines: readonly string[]): Framing {
  const values = (wanted: string) =>
    lines.flatMap((line) => {
      const colon = line.indexOf(':');
      return line.slice(0, colon).trim().toLowerCase() === wanted ? line.slice(colon + 1).split(',') : [];
    });
  const codings = values('transfer-encoding').map((coding) => coding.trim().toLowerCase());
  if (codings.at(-1) === 'chunked') return { kind: 'chunked' };
  const lengths = [...new Set(values('content-length').map((length) => length.trim()))];
  const [length] = lengths;
  if (length === undefined) return { kind: 'close' };
  if (lengths.length > 1 || !/^\d{1,9}$/.test(length)) {
    throw new UpnpError('BAD_HTTP', 'the answer does not say how long it is, or says it in two ways');
  }
  return { kind: 'length', length: Number(length) };
}
