import { isIPv4 } from 'node:net';
import { printable } from '../../text.js';
import type { WanService } from './description.js';
import type { GatewayAnswer } from './http-answer.js';
import { UpnpError } from './upnp-error.js';
import { allNamed, parseXml } from './xml.js';

// WANIPConnection:2, section 2.5: errors that mean "not for you".
const REFUSALS: ReadonlySet<string> = new Set(['401', '606']);

/**
 * The call GetExternalIPAddress, which changes nothing. The service type is one of our own constants, not a
 * stranger's text.
 */
export function externalAddressCall({ type }: Pick<WanService, 'type'>): {
  body: string;
  headers: Readonly<Record<string, string>>;
} {
  const body = `<?xml version="1.0"?>\r\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body><u:GetExternalIPAddress xmlns:u="${type}"></u:GetExternalIPAddress></s:Body></s:Envelope>\r\n`;
  return {
    body,
    headers: {
      'Content-Type': 'text/xml; charset="utf-8"',
      'Content-Length': String(Buffer.byteLength(body)),
      SOAPAction: `"${type}#GetExternalIPAddress"`,
    },
  };
}

/**
 * Reads the answer to {@link externalAddressCall}.
 *
 * @returns null: the gateway has no external address, or none it could name
 * @throws UpnpError `REFUSED` when the call is not for us; `BAD_XML`
 */
export function readExternalAddressAnswer({ status, text }: GatewayAnswer): string | null {
  if (status === 401 || status === 403) {
    throw new UpnpError('REFUSED', `the gateway refused to name its external address (HTTP ${status})`);
  }
  const root = parseXml(text);
  const [code] = allNamed(root, 'errorCode');
  if (code !== undefined && REFUSALS.has(code.text)) {
    const [why] = allNamed(root, 'errorDescription');
    throw new UpnpError('REFUSED', `the gateway refused: ${printable(why?.text ?? '')} (${code.text})`);
  }
  if (status !== 200) return null;
  const ip = allNamed(root, 'NewExternalIPAddress')[0]?.text ?? '';
  return isIPv4(ip) && ip !== '0.0.0.0' ? ip : null;
}
