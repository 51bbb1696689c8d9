import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { Servers } from './servers.js';

export const GATEWAY = '127.0.0.1';
/** Another host of the link: Linux owns the whole of 127/8. */
export const STRANGER = '127.0.0.2';
const GROUP = '239.255.255.250';

type Reply = (datagram: Buffer, reply: (bytes: Uint8Array | string) => void, from: RemoteInfo) => void;

/** A gateway on loopback that does what a test says, and counts what it was asked. */
export class FakeGateway {
  readonly #servers = new Servers();
  readonly #sockets: Socket[] = [];
  /** What came in over UDP, in order. */
  readonly datagrams: Buffer[] = [];
  /** What came in over HTTP: method and path. */
  readonly requests: string[] = [];

  /** Connections that are open now. */
  get connections(): number {
    return this.#servers.connections;
  }

  /** A PCP or NAT-PMP server. @returns its port */
  portMapping(answer: Reply, host = GATEWAY): Promise<number> {
    return this.#udp(answer, host);
  }

  /** An SSDP server. @param multicast - whether it hears the group, too @returns its port */
  async ssdp(answer: Reply, { host = GATEWAY, port = 0, multicast = false } = {}): Promise<number> {
    const bound = await this.#udp(answer, multicast ? GROUP : host, port, host);
    if (multicast) this.#sockets.at(-1)?.addMembership(GROUP, GATEWAY);
    return bound;
  }

  http(listener: RequestListener, host = GATEWAY): Promise<number> {
    return this.#servers.http((request, response) => {
      this.requests.push(`${request.method} ${request.url}`);
      listener(request, response);
    }, host);
  }

  tcp(...args: Parameters<Servers['tcp']>): Promise<number> {
    return this.#servers.tcp(...args);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.splice(0)) socket.close();
    await this.#servers.close();
  }

  /** @param from - the address it answers from, where it cannot be the one it listens at */
  async #udp(answer: Reply, host: string, port = 0, from = host): Promise<number> {
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    const sender = from === host ? socket : createSocket('udp4');
    this.#sockets.push(...new Set([sender, socket]));
    if (sender !== socket) await bound(sender, from, 0);
    socket.on('message', (datagram, remote) => {
      this.datagrams.push(datagram);
      answer(datagram, (bytes) => sender.send(bytes, remote.port, remote.address), remote);
    });
    return bound(socket, host, port);
  }
}

async function bound(socket: Socket, host: string, port: number): Promise<number> {
  socket.bind(port, host);
  await once(socket, 'listening');
  return socket.address().port;
}

/** An answer to a search. */
export function ssdpAnswer(location: string, version = 1): string {
  return [
    'HTTP/1.1 200 OK',
    'CACHE-CONTROL: max-age=120',
    `ST: urn:schemas-upnp-org:device:InternetGatewayDevice:${version}`,
    `Location: ${location}`,
    '',
    '',
  ].join('\r\n');
}

/** A gateway's description with one WAN service, as routers write it. */
export function description(
  service = 'WANIPConnection:1',
  { name = 'Fake Box', base = '', control = '/ctl', scpd = '/scpd.xml' } = {},
): string {
  return `<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0" configId="1337">${base === '' ? '' : `<URLBase>${base}</URLBase>`}
 <specVersion><major>1</major><minor>1</minor></specVersion>
 <device><deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType>
  <friendlyName>${name}</friendlyName><!-- a comment -->
  <serviceList><service><serviceType>urn:schemas-upnp-org:service:Layer3Forwarding:1</serviceType>
   <controlURL>/l3f</controlURL><SCPDURL>/l3f.xml</SCPDURL></service></serviceList>
  <deviceList><device><deviceType>urn:schemas-upnp-org:device:WANDevice:1</deviceType>
   <deviceList><device><deviceType>urn:schemas-upnp-org:device:WANConnectionDevice:1</deviceType>
    <serviceList><service>
     <serviceType>urn:schemas-upnp-org:service:${service}</serviceType>
     <controlURL>${control}</controlURL><SCPDURL>${scpd}</SCPDURL>
    </service></serviceList>
   </device></deviceList>
  </device></deviceList>
 </device>
</root>\r\n`;
}

export const SCPD = `<?xml version="1.0"?><scpd xmlns="urn:schemas-upnp-org:service-1-0"><actionList>
<action><name>GetExternalIPAddress</name></action><action><name>AddPortMapping</name></action></actionList></scpd>`;

/** The answer to GetExternalIPAddress. */
export function externalIpAnswer(ip: string): string {
  return `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><u:GetExternalIPAddressResponse xmlns:u="urn:schemas-upnp-org:service:WANIPConnection:1"><NewExternalIPAddress>${ip}</NewExternalIPAddress></u:GetExternalIPAddressResponse></s:Body></s:Envelope>`;
}

/** A UPnP fault. */
export function faultAnswer(code: number, text: string): string {
  return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode><detail><UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>${code}</errorCode><errorDescription>${text}</errorDescription></UPnPError></detail></s:Fault></s:Body></s:Envelope>`;
}

/** Serves documents by path; a missing one is 404. */
export function documents(byPath: Readonly<Record<string, string>>): RequestListener {
  return ({ url = '' }, response) => {
    const document = byPath[url];
    if (document === undefined) response.writeHead(404).end();
    else
      response
        .writeHead(document.includes('s:Fault') ? 500 : 200, { 'content-type': 'text/xml' })
        .end(document);
  };
}
