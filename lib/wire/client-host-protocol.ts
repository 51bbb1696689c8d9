import { decodeWhole } from './postcard-reader.js';
import { PostcardWriter } from './postcard-writer.js';
import { readToken, type Token } from './token.js';
import { UnknownRequestError } from './wire-error.js';

/** ALPN of the protocol in which a platform asks an endpoint when it dials back. */
export const CLIENT_HOST_ALPN = 'n0/n0des-client-host/1';

/** A request from platform to endpoint. */
export type ClientHostRequest =
  /** First on a connection. Answered by an empty message, or the connection closes with 401. */
  | { type: 'auth'; token: Token }
  /** Answered by a report or a failure, see `decodeReportResult`. */
  | { type: 'run-network-diagnostics' };

const AUTH = 0;
const RUN_NETWORK_DIAGNOSTICS = 1;

export function encodeClientHostRequest(request: ClientHostRequest): Uint8Array {
  const writer = new PostcardWriter();
  if (request.type === 'auth') writer.variant(AUTH).raw(request.token.encode(), 'token');
  else writer.variant(RUN_NETWORK_DIAGNOSTICS);
  return writer.finish();
}

/**
 * @throws UnknownRequestError for a variant this version does not know
 * @throws WireError for malformed bytes, `ERR_TOKEN_INVALID` for a token that does not verify
 */
export function decodeClientHostRequest(bytes: Uint8Array): ClientHostRequest {
  return decodeWhole(bytes, (reader): ClientHostRequest => {
    const variant = reader.variant('request');
    if (variant === AUTH) return { type: 'auth', token: reader.within('auth', () => readToken(reader)) };
    if (variant === RUN_NETWORK_DIAGNOSTICS) return { type: 'run-network-diagnostics' };
    throw new UnknownRequestError('request', 0, variant);
  });
}
