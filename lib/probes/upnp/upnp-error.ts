import { ProbeFailure } from '../probe-failure.js';

/** Codes of {@link UpnpError}. */
export type UpnpErrorCode =
  /** A document is not well-formed XML, or larger than this reader accepts. */
  | 'BAD_XML'
  /** The answer is not HTTP, or contradicts itself. */
  | 'BAD_HTTP'
  /** An answer is longer than any real gateway's. */
  | 'TOO_LONG'
  /** The connection closed before the answer was there. */
  | 'ECONNRESET'
  /** A URL leads to another host than the gateway, or is not a URL. */
  | 'ELSEWHERE'
  /** The gateway answered with a redirect or another status that is neither success nor refusal. */
  | 'HTTP_STATUS'
  /** The gateway refused the request. */
  | 'REFUSED'
  /** It is not a gateway, or does not map ports. */
  | 'NO_PORT_MAPPING';

/** Why a gateway's UPnP could not be used. */
export class UpnpError extends ProbeFailure<UpnpErrorCode> {
  override name = 'UpnpError';
}
