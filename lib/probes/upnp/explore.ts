import { codeOf } from '../../errors.js';
import { MAX_ANSWER_BYTES, MAX_DOCUMENT_BYTES } from './constants.js';
import { checkService, readDescription, type WanService } from './description.js';
import { askHttp } from './http.js';
import { externalAddressCall, readExternalAddressAnswer } from './soap.js';
import { UpnpError } from './upnp-error.js';

/** A gateway that maps ports over UPnP. */
export interface UsableGateway {
  /** May be empty. */
  name: string;
  /** The service it would be used by. */
  service: string;
  externalIp: string | null;
}

/**
 * Follows a gateway's LOCATION to a service that maps ports and to its external address. Only reads.
 *
 * @throws UpnpError; the connection's own errors; the signal's reason
 */
export async function explore(location: URL, gatewayIp: string, signal: AbortSignal): Promise<UsableGateway> {
  const { name, services } = readDescription(await load(location, signal), location, gatewayIp);
  let usable: UsableGateway | null = null;
  let failure: unknown;
  for (const service of services) {
    try {
      checkService(await load(service.descriptionUrl, signal));
      const externalIp = await externalAddress(service, signal);
      usable ??= { name, service: service.type, externalIp };
      // A second service is another connection to the Internet. It is asked only if the first is not connected.
      if (externalIp !== null) return { name, service: service.type, externalIp };
    } catch (error) {
      failure ??= error;
    }
  }
  if (usable === null) throw failure;
  return usable;
}

async function load(url: URL, signal: AbortSignal): Promise<string> {
  const { status, text } = await askHttp({ url, maxBytes: MAX_DOCUMENT_BYTES, signal });
  if (status === 200) return text;
  if (status >= 400 && status < 500)
    throw new UpnpError('REFUSED', `the gateway refused its description (HTTP ${status})`);
  throw new UpnpError('HTTP_STATUS', `the gateway answered with HTTP ${status} in place of its description`);
}

// The service exists even if it does not tell its address, unless it refuses us.
async function externalAddress(service: WanService, signal: AbortSignal): Promise<string | null> {
  const post = externalAddressCall(service);
  try {
    const answer = await askHttp({ url: service.controlUrl, post, maxBytes: MAX_ANSWER_BYTES, signal });
    return readExternalAddressAnswer(answer);
  } catch (error) {
    if (codeOf(error) === 'REFUSED') throw error;
    return null;
  }
}
