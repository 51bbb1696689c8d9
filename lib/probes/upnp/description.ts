import { printable } from '../../text.js';
import { MAPPING_ACTIONS, MAX_NAME_LENGTH, MAX_SERVICES, MAX_URL_LENGTH, WAN_SERVICES } from './constants.js';
import { UpnpError } from './upnp-error.js';
import { allNamed, childText, parseXml } from './xml.js';

/** A service that maps ports, and its URLs. */
export interface WanService {
  /** One of {@link WAN_SERVICES}. */
  type: string;
  controlUrl: URL;
  /** Where its own description is. */
  descriptionUrl: URL;
}

/** What a gateway says about itself. */
interface GatewayDescription {
  /** The name that the vendor gave it; may be empty. */
  name: string;
  /** At least one, in the order of preference. */
  services: readonly WanService[];
}

/**
 * Reads the description of an Internet gateway device, version 1 or 2.
 *
 * @param location - where it was found; the base of relative URLs, unless the description names another
 * @throws UpnpError `BAD_XML`; `NO_PORT_MAPPING` without a service that maps ports; `ELSEWHERE` when all of them are
 *   on other hosts
 */
export function readDescription(document: string, location: URL, gatewayIp: string): GatewayDescription {
  const root = parseXml(document);
  const base = gatewayUrl(childText(root, 'URLBase'), gatewayIp) ?? location;
  const wanted = allNamed(root, 'service').filter((service) =>
    WAN_SERVICES.includes(childText(service, 'serviceType')),
  );
  if (root.name !== 'root' || wanted.length === 0) {
    throw new UpnpError('NO_PORT_MAPPING', "the gateway's description has no service that maps ports");
  }
  const services = wanted.flatMap((service): WanService[] => {
    const controlUrl = gatewayUrl(childText(service, 'controlURL'), gatewayIp, base);
    const descriptionUrl = gatewayUrl(childText(service, 'SCPDURL'), gatewayIp, base);
    const type = childText(service, 'serviceType');
    return controlUrl === null || descriptionUrl === null ? [] : [{ type, controlUrl, descriptionUrl }];
  });
  if (services.length === 0) {
    throw new UpnpError('ELSEWHERE', "the gateway's description leads to another host");
  }
  const rank = ({ type }: WanService) => WAN_SERVICES.indexOf(type);
  const [device] = allNamed(root, 'device');
  const name =
    device === undefined ? '' : childText(device, 'friendlyName') || childText(device, 'modelName');
  return {
    name: printable(name, MAX_NAME_LENGTH),
    services: services.sort((a, b) => rank(a) - rank(b)).slice(0, MAX_SERVICES),
  };
}

/**
 * Checks that a document describes a service with an action that maps ports.
 *
 * @throws UpnpError `BAD_XML`, `NO_PORT_MAPPING`
 */
export function checkService(document: string): void {
  const root = parseXml(document);
  const actions = allNamed(root, 'action').map((action) => childText(action, 'name'));
  if (root.name !== 'scpd' || !MAPPING_ACTIONS.some((action) => actions.includes(action))) {
    throw new UpnpError('NO_PORT_MAPPING', "the gateway's service has no action that maps ports");
  }
}

/**
 * A URL that a gateway named, if it leads to the gateway itself: plain HTTP, the gateway's own IP address, no
 * credentials. Null otherwise, so that no gateway can send us to another host.
 *
 * @param base - the base of relative URLs
 */
export function gatewayUrl(text: string, gatewayIp: string, base?: URL): URL | null {
  if (text === '' || text.length > MAX_URL_LENGTH || !URL.canParse(text, base?.href)) return null;
  const url = new URL(text, base?.href);
  const isOwn = url.protocol === 'http:' && url.hostname === gatewayIp && url.port !== '0';
  if (!isOwn || url.username !== '' || url.password !== '' || url.href.length > MAX_URL_LENGTH) return null;
  url.hash = '';
  return url;
}
