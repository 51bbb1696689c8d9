import { type EndpointId, parseEndpointId } from 'iroh-net-diagnostics/services';
import { HttpError } from './http-error.js';

/** The endpoint id that a request names. @throws HttpError with this status and message for what is none */
export function idIn(text: string, status: number, message: string): EndpointId {
  try {
    return parseEndpointId(text);
  } catch {
    throw new HttpError(status, message);
  }
}
