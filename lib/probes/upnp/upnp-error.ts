/** Codes of {@link UpnpError}. */
export type UpnpErrorCode =
  /** A document is no well-formed XML, or more than this reader takes. */
  | 'BAD_XML'
  /** What came back is no HTTP, or contradicts itself. */
  | 'BAD_HTTP'
  /** An answer is longer than any honest one. */
  | 'TOO_LONG'
  /** The connection closed before the answer was there. */
  | 'ECONNRESET'
  /** A URL leads to another host than the gateway, or is none. */
  | 'ELSEWHERE'
  /** The gateway answered with a redirect or another status that is neither success nor refusal. */
  | 'HTTP_STATUS'
  /** The gateway refused: nothing there, not for us, or not its business. */
  | 'REFUSED'
  /** It is no gateway, or one that maps no ports. */
  | 'NO_PORT_MAPPING';

/** Why a gateway's UPnP could not be used. */
export class UpnpError extends Error {
  override name = 'UpnpError';
  readonly code: UpnpErrorCode;

  constructor(code: UpnpErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
