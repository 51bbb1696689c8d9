import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { upnpProbe } from '../../lib/probes/upnp.js';
import type { ProbeRecord } from '../../lib/report/index.js';
import { runAlone } from './support/context.js';
import {
  description,
  documents,
  externalIpAnswer,
  FakeGateway,
  faultAnswer,
  GATEWAY,
  SCPD,
  STRANGER,
  ssdpAnswer,
} from './support/fake-gateway.js';

/** A gateway, and a host that nobody may ask. Each test has its own, so that those that wait for a second can wait together. */
const it = test.extend<{ gateway: FakeGateway; elsewhere: FakeGateway }>({
  // biome-ignore lint/correctness/noEmptyPattern: the runner reads the names of the fixtures from here
  gateway: async ({}, use) => {
    const gateway = new FakeGateway();
    await use(gateway);
    // Nothing of a probe outlives it.
    await vi.waitFor(() => expect(gateway.connections).toBe(0));
    await gateway.close();
  },
  // biome-ignore lint/correctness/noEmptyPattern: the runner reads the names of the fixtures from here
  elsewhere: async ({}, use) => {
    const elsewhere = new FakeGateway();
    await use(elsewhere);
    expect(elsewhere.requests).toEqual([]);
    expect(elsewhere.connections).toBe(0);
    await elsewhere.close();
  },
});

async function ask(ssdp: number, signal?: AbortSignal): Promise<ProbeRecord> {
  const [record] = await runAlone(upnpProbe, [], {
    gateways: async () => ({ gateway: GATEWAY }),
    gatewayPorts: { portMapping: 5351, ssdp },
    ...(signal === undefined ? {} : { signal }),
  });
  if (record === undefined) throw new Error('nothing was planned');
  return record;
}

/** A gateway that answers searches and serves this. */
async function askServing(gateway: FakeGateway, listener: RequestListener): Promise<ProbeRecord> {
  const http = await gateway.http(listener);
  return ask(await gateway.ssdp((_, reply) => reply(ssdpAnswer(`http://${GATEWAY}:${http}/root.xml`))));
}

const whole = (root = description()) =>
  documents({ '/root.xml': root, '/scpd.xml': SCPD, '/ctl': externalIpAnswer('203.0.113.66') });

const offered = {
  protocol: 'upnp',
  gateway: GATEWAY,
  available: true,
  externalIp: '203.0.113.66',
};

describe('UPnP probe', () => {
  it.for(['WANIPConnection:1', 'WANIPConnection:2', 'WANPPPConnection:1'])(
    'finds %s',
    async (service, { gateway }) => {
      const record = await askServing(gateway, whole(description(service)));
      expect(record).toMatchObject({
        ref: 'upnp',
        outcome: 'ok',
        observation: {
          portMappings: [offered],
          routes: [{ destination: '192.0.2.1', gateway: GATEWAY }],
          details: { name: 'Fake Box', service: `urn:schemas-upnp-org:service:${service}` },
        },
      });
      expect(record.durationMs).toBeLessThan(500);
      // Each document once, and the one call is a read: nothing is mapped.
      expect(gateway.requests).toEqual(['GET /root.xml', 'GET /scpd.xml', 'POST /ctl']);
      const searches = gateway.datagrams.map(String);
      expect(searches.map((text) => /^ST: (.*)\r$/m.exec(text)?.[1])).toEqual([
        'urn:schemas-upnp-org:device:InternetGatewayDevice:1',
        'urn:schemas-upnp-org:device:InternetGatewayDevice:2',
      ]);
      expect(searches[0]).toMatch(
        /^M-SEARCH \* HTTP\/1\.1\r\nHOST: 127\.0\.0\.1:\d+\r\nMAN: "ssdp:discover"\r\nMX: 1\r\n/,
      );
    },
  );

  it.skipIf(process.platform !== 'linux')(
    'finds a gateway that hears multicast only',
    async ({ gateway }) => {
      const http = await gateway.http(whole());
      const answer = ssdpAnswer(`http://${GATEWAY}:${http}/root.xml`, 2);
      const record = await ask(await gateway.ssdp((_, reply) => reply(answer), { multicast: true }));
      // The kernel's socket for answers has a port of its own, as some routers' has.
      expect(record.observation?.portMappings).toEqual([offered]);
      expect(String(gateway.datagrams[0])).toContain('HOST: 239.255.255.250:');
    },
  );

  it('takes the URLs from where the description says they start', async ({ gateway }) => {
    const http = await gateway.http(
      documents({ '/a/root.xml': '', '/b/scpd.xml': SCPD, '/b/ctl': externalIpAnswer('203.0.113.66') }),
    );
    await gateway.close();
    const root = description('WANIPConnection:1', {
      base: `http://${GATEWAY}:${http}/b/`,
      control: 'ctl',
      scpd: 'scpd.xml',
    });
    const port = await gateway.http(
      documents({ '/root.xml': root, '/b/scpd.xml': SCPD, '/b/ctl': externalIpAnswer('203.0.113.66') }),
    );
    const based = root.replace(`:${http}/`, `:${port}/`);
    const record = await askServing(
      gateway,
      documents({ '/root.xml': based, '/b/scpd.xml': SCPD, '/b/ctl': externalIpAnswer('203.0.113.66') }),
    );
    expect(record.observation?.portMappings).toEqual([offered]);
    expect(gateway.requests).toEqual(['GET /root.xml', 'GET /b/scpd.xml', 'POST /b/ctl']);
  });

  it('asks the next connection where the first one is not up', async ({ gateway }) => {
    const one = description('WANPPPConnection:1', { control: '/ppp' });
    const other = /<service>\s*<serviceType>urn:schemas-upnp-org:service:WANPPP.*?<\/service>/s.exec(
      one,
    )?.[0];
    const second = String(other).replace('WANPPPConnection:1', 'WANIPConnection:1').replace('/ppp', '/ip');
    const record = await askServing(
      gateway,
      documents({
        '/root.xml': one.replace(String(other), `${other}${second}`),
        '/scpd.xml': SCPD,
        '/ip': externalIpAnswer('0.0.0.0'),
        '/ppp': externalIpAnswer('203.0.113.66'),
      }),
    );
    expect(record.observation).toMatchObject({
      portMappings: [offered],
      details: { service: expect.stringContaining('WANPPP') },
    });
  });

  it.for<[string, RequestListener]>([
    [
      'has no address',
      documents({ '/root.xml': description(), '/scpd.xml': SCPD, '/ctl': externalIpAnswer('') }),
    ],
    [
      'names nonsense',
      documents({ '/root.xml': description(), '/scpd.xml': SCPD, '/ctl': externalIpAnswer('<x/>') }),
    ],
    [
      'fails (501)',
      documents({ '/root.xml': description(), '/scpd.xml': SCPD, '/ctl': faultAnswer(501, 'Failed') }),
    ],
    ['hangs', (request, response) => void (request.url === '/ctl' || whole()(request, response))],
  ])(
    'is offered, without an external address, where the call for it %s',
    async ([, listener], { gateway }) => {
      const record = await askServing(gateway, listener);
      expect(record.observation?.portMappings).toEqual([
        { protocol: 'upnp', gateway: GATEWAY, available: true },
      ]);
      expect(record.durationMs).toBeLessThan(1200);
    },
  );

  it("keeps a gateway's name harmless and short", async ({ gateway }) => {
    const name = `&#x1b;[31m&lt;b&gt;Böx\u202e &amp; ${'x'.repeat(500)}`;
    const record = await askServing(gateway, whole(description('WANIPConnection:1', { name })));
    const shown = String(record.observation?.details?.name);
    expect(shown).toMatch(/^\ufffd\[31m<b>Böx\ufffd & x+…$/u);
    expect(shown).toHaveLength(80);
  });
});

/** Serves documents over a web server that writes bytes as it pleases. */
function raw(
  gateway: FakeGateway,
  write: (document: string, socket: Socket) => void,
  byPath = PLAIN,
): Promise<number> {
  return gateway.tcp((socket) => {
    let asked = '';
    socket.on('data', (bytes) => {
      asked += bytes;
      const [, path = ''] = /^\w+ (\S+) HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\n/.exec(asked) ?? [];
      const document = byPath[path];
      if (document !== undefined) write(document, socket);
      asked = '';
    });
  });
}
const PLAIN: Readonly<Record<string, string>> = {
  '/root.xml': description(),
  '/scpd.xml': SCPD,
  '/ctl': externalIpAnswer('203.0.113.66'),
};
const OK = 'HTTP/1.1 200 OK\r\n';
const withLength = (head: string) => (document: string, socket: Socket) =>
  void socket.write(`${head.replaceAll('LENGTH', String(Buffer.byteLength(document)))}${document}`);
const chunked = (document: string, feed = '\r\n', more = '') =>
  `${(document.match(/[\s\S]{1,200}/g) ?? []).map((part) => `${Buffer.byteLength(part).toString(16)}${more}${feed}${part}${feed}`).join('')}0${feed}${feed}`;

describe.concurrent('UPnP probe: web servers of the field', () => {
  it.for<[string, (document: string, socket: Socket) => void]>([
    ['ends lines in a bare LF', withLength('HTTP/1.1 200 OK\nContent-Length: LENGTH\n\n')],
    ['mixes line ends', withLength('HTTP/1.1 200 OK\nServer: x\r\nContent-Length: LENGTH\r\n\n')],
    [
      'says its length twice',
      withLength(`${OK}Content-Length: LENGTH\r\nX: y\r\ncontent-length: LENGTH\r\n\r\n`),
    ],
    ['says its length twice in one line', withLength(`${OK}Content-Length: LENGTH, LENGTH\r\n\r\n`)],
    [
      'ends with the connection',
      (document, socket) => void socket.end(`HTTP/1.0 200 OK\r\nServer: x\r\n\r\n${document}`),
    ],
    ['has no reason', withLength('HTTP/1.1 200\r\nContent-Length: LENGTH\r\n\r\n')],
    ['starts with empty lines', withLength(`\r\n\n${OK}Content-Length: LENGTH\r\n\r\n`)],
    [
      'sends lines that are no headers',
      withLength(`${OK}what is this\r\n folded\r\nb\xe9d name : x\0\r\nContent-Length :LENGTH\r\n\r\n`),
    ],
    ['goes on for a while', withLength(`HTTP/1.1 100 Continue\r\n\r\n${OK}Content-Length: LENGTH\r\n\r\n`)],
    ['sends more than it said', withLength(`${OK}Content-Length: LENGTH\r\n\r\n`)],
    [
      'sends chunks',
      (document, socket) => void socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n${chunked(document)}`),
    ],
    [
      'sends chunks with extensions, bare LFs, and a length beside',
      (document, socket) =>
        void socket.write(
          `${OK}Transfer-Encoding: Chunked\r\nContent-Length: 3\r\n\r\n${chunked(document, '\n', ' ;a=b')}`,
        ),
    ],
    [
      'sends byte by byte',
      async (document, socket) => {
        for (const byte of Buffer.from(`${OK}Transfer-Encoding: chunked\r\n\r\n${chunked(document)}`)) {
          if (!socket.write(Uint8Array.of(byte))) await once(socket, 'drain');
          if (Math.random() < 0.02) await setImmediate();
        }
      },
    ],
    [
      'names a document type',
      (document, socket) =>
        withLength(`${OK}Content-Length: LENGTH\r\n\r\n`)(
          document.replace(/^(<\?xml.*?\?>)?/, '$1<!DOCTYPE root SYSTEM "root.dtd">'),
          socket,
        ),
    ],
    [
      'ends its documents with zeros',
      (document, socket) => withLength(`${OK}Content-Length: LENGTH\r\n\r\n`)(`${document}\0\0`, socket),
    ],
  ])('one that %s', async ([, write], { gateway }) => {
    const http = await raw(gateway, write);
    const record = await ask(
      await gateway.ssdp((_, reply) => reply(ssdpAnswer(`http://${GATEWAY}:${http}/root.xml`))),
    );
    expect(record.error).toBeUndefined();
    expect(record.observation?.portMappings).toEqual([offered]);
  });

  it.for<[string, string, string]>([
    ['says two lengths', 'BAD_HTTP', `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx`],
    ['says a length that is none', 'BAD_HTTP', `${OK}Content-Length: -1\r\n\r\nxx`],
    ['says too great a length', 'TOO_LONG', `${OK}Content-Length: 999999999\r\n\r\n`],
    ['sends a chunk that is none', 'BAD_HTTP', `${OK}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`],
    ['sends a chunk longer than it said', 'BAD_HTTP', `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n`],
    ['sends an endless chunk size', 'BAD_HTTP', `${OK}Transfer-Encoding: chunked\r\n\r\n${'0'.repeat(9999)}`],
    ['sends endless empty lines', 'TOO_LONG', '\r\n'.repeat(50_000)],
    ['sends endless short lines', 'TOO_LONG', `${OK}${'x\n'.repeat(50_000)}`],
  ])('one that %s is broken: unknown', async ([, code, answer], { gateway }) => {
    const http = await raw(gateway, (_, socket) => void socket.write(answer));
    const record = await ask(
      await gateway.ssdp((__, reply) => reply(ssdpAnswer(`http://${GATEWAY}:${http}/root.xml`))),
    );
    expect(record).toMatchObject({ outcome: 'failed', error: { code } });
    expect(record.observation?.portMappings).toBeUndefined();
  });

  it('beside dead LOCATIONs, that hang, reset and refuse', async ({ gateway, elsewhere }) => {
    const hanging = await gateway.tcp();
    const resetting = await gateway.tcp((socket) => void socket.resetAndDestroy());
    const closed = await elsewhere.tcp();
    await elsewhere.close();
    const live = await gateway.http(whole());
    const record = await ask(
      await gateway.ssdp((_, reply) => {
        for (const port of [hanging, resetting, closed, live]) {
          reply(ssdpAnswer(`http://${GATEWAY}:${port}/root.xml`));
        }
      }),
    );
    expect(record.observation?.portMappings).toEqual([offered]);
    expect(record.durationMs).toBeLessThan(900);
  });

  it('that hangs beside one that refuses: nobody knows', async ({ gateway }) => {
    const hanging = await gateway.tcp();
    const refusing = await gateway.http(documents({}));
    const record = await ask(
      await gateway.ssdp((_, reply) => {
        for (const port of [hanging, refusing]) reply(ssdpAnswer(`http://${GATEWAY}:${port}/root.xml`));
      }),
    );
    expect(record).toMatchObject({ outcome: 'timeout', error: { code: 'NO_ANSWER' } });
  });

  it('whose answer comes late, but within MX', async ({ gateway }) => {
    const http = await gateway.http((request, response) => {
      setTimeout(() => whole()(request, response), 50);
    });
    const timers: NodeJS.Timeout[] = [];
    const answer = ssdpAnswer(`http://${GATEWAY}:${http}/root.xml`);
    const record = await ask(
      await gateway.ssdp((_, reply) => {
        if (timers.length === 0) timers.push(setTimeout(() => reply(answer), 900));
      }),
    );
    expect(record.observation?.portMappings).toEqual([offered]);
    expect(record.durationMs).toBeLessThan(1600);
  });

  const IGD = 'ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1';
  it.for<[string, string]>([
    [
      'an ST in other letters',
      IGD.replace('ST: urn:schemas', 'st: URN:Schemas').replace('Gateway', 'gateway'),
    ],
    ['the ST of its service', 'ST: urn:schemas-upnp-org:service:WANIPConnection:1'],
    ['a USN of its service', 'USN: uuid:1::urn:schemas-upnp-org:service:WANPPPConnection:1'],
    ['the ST of its root', 'ST: upnp:rootdevice\r\nUSN: uuid:1::upnp:rootdevice'],
    ['no ST', 'X: y'],
    ['an IGD of the future', IGD.replace('Device:1', 'Device:3')],
  ])('that answers with %s', async ([, line], { gateway }) => {
    const http = await gateway.http(whole());
    const answer = ssdpAnswer(`http://${GATEWAY}:${http}/root.xml`).replace(IGD, line);
    const record = await ask(await gateway.ssdp((_, reply) => reply(answer.replaceAll('\r\n', '\n'))));
    expect(record.observation?.portMappings).toEqual([offered]);
  });
});

describe.concurrent('UPnP probe: a refusal is no', () => {
  it.for<[string, string, RequestListener]>([
    ['a description that is not there', 'REFUSED', documents({})],
    ['a description for others', 'REFUSED', (_, response) => response.writeHead(403).end()],
    [
      'a device without a WAN service',
      'NO_PORT_MAPPING',
      documents({ '/root.xml': description('WANCommonInterfaceConfig:1') }),
    ],
    [
      'a service whose description is not there',
      'REFUSED',
      documents({ '/root.xml': description(), '/ctl': externalIpAnswer('203.0.113.66') }),
    ],
    [
      'a service that maps nothing',
      'NO_PORT_MAPPING',
      documents({ '/root.xml': description(), '/scpd.xml': SCPD.replace('AddPortMapping', 'GetStatus') }),
    ],
    [
      'a call that is not for us',
      'REFUSED',
      documents({ '/root.xml': description(), '/scpd.xml': SCPD, '/ctl': faultAnswer(606, 'no\x07 way') }),
    ],
  ])('%s', async ([, refusal, listener], { gateway }) => {
    const record = await askServing(gateway, listener);
    expect(record.outcome).toBe('ok');
    expect(record.observation?.portMappings).toEqual([
      { protocol: 'upnp', gateway: GATEWAY, available: false, refusal },
    ]);
    expect(JSON.stringify(record)).not.toContain('\\u0007');
  });

  it('nothing at its own LOCATION', async ({ gateway, elsewhere }) => {
    const http = await elsewhere.tcp();
    await elsewhere.close();
    const record = await ask(
      await gateway.ssdp((_, reply) => reply(ssdpAnswer(`http://${GATEWAY}:${http}/root.xml`))),
    );
    expect(record.observation?.portMappings).toMatchObject([{ available: false, refusal: 'ECONNREFUSED' }]);
  });
});

describe.concurrent('UPnP probe: no answer is unknown', () => {
  it('silence, after two rounds of searches and a second', async ({ gateway }) => {
    const record = await ask(await gateway.ssdp(() => undefined));
    expect(record).toMatchObject({ outcome: 'timeout', error: { code: 'NO_ANSWER' } });
    expect(record.durationMs).toBeGreaterThan(990);
    expect(record.durationMs).toBeLessThan(1300);
    expect(gateway.datagrams).toHaveLength(4);
  });

  it('SSDP without HTTP', async ({ gateway }) => {
    const http = await gateway.tcp();
    const record = await ask(
      await gateway.ssdp((_, reply) => reply(ssdpAnswer(`http://${GATEWAY}:${http}/root.xml`))),
    );
    expect(record).toMatchObject({ outcome: 'timeout', error: { code: 'NO_ANSWER' } });
    expect(record.error?.message).toContain('announced itself');
    expect(record.observation?.portMappings).toBeUndefined();
    expect(record.durationMs).toBeLessThan(1300);
  });

  it.for<[string, string]>([
    ['nonsense', 'nonsense'],
    ['another device', ssdpAnswer('http://127.0.0.1:1/').replace('InternetGatewayDevice', 'MediaServer')],
    ['a NOTIFY', ssdpAnswer('http://127.0.0.1:1/').replace('HTTP/1.1 200 OK', 'NOTIFY * HTTP/1.1')],
    ['no LOCATION', ssdpAnswer('').replace('Location', 'X')],
    ['a megabyte of headers', `${ssdpAnswer('http://127.0.0.1:1/')}${'x: y\r\n'.repeat(9000)}`],
  ])('%s', async ([, answer], { gateway }) => {
    const record = await ask(await gateway.ssdp((__, reply) => reply(answer)));
    expect(record).toMatchObject({ outcome: 'timeout', error: { code: 'NO_ANSWER' } });
  });
});

describe.concurrent('UPnP probe: a hostile gateway', () => {
  const failed = (record: ProbeRecord, code: string) => {
    expect(record).toMatchObject({ outcome: 'failed', error: { code } });
    expect(record.observation?.portMappings).toBeUndefined();
    expect(record.durationMs).toBeLessThan(1300);
  };

  it.skipIf(process.platform !== 'linux').for<[string, (port: number) => string]>([
    ['another host', (port: number) => `http://${STRANGER}:${port}/root.xml`],
    ['a name', (port: number) => `http://localhost:${port}/root.xml`],
    ['credentials', (port: number) => `http://a:b@${GATEWAY}:${port}/root.xml`],
    ['https', (port: number) => `https://${GATEWAY}:${port}/root.xml`],
    ['a file', () => 'file:///etc/passwd'],
    ['a long URL', (port: number) => `http://${GATEWAY}:${port}/${'x'.repeat(2000)}`],
  ])('that sends us elsewhere by its LOCATION: %s', async ([, location], { gateway, elsewhere }) => {
    const http = await elsewhere.http(whole(), '0.0.0.0');
    failed(await ask(await gateway.ssdp((__, reply) => reply(ssdpAnswer(location(http))))), 'ELSEWHERE');
  });

  it.skipIf(process.platform !== 'linux').for([
    ['control', { control: `http://${STRANGER}:PORT/ctl` }],
    ['description', { scpd: `//${STRANGER}:PORT/scpd.xml` }],
  ])('that sends us elsewhere by the %s URL of its service', async ([, urls], { gateway, elsewhere }) => {
    const http = await elsewhere.http(whole(), STRANGER);
    const text = JSON.stringify(urls).replace('PORT', String(http));
    failed(await askServing(gateway, whole(description('WANIPConnection:1', JSON.parse(text)))), 'ELSEWHERE');
  });

  it.skipIf(process.platform !== 'linux')(
    'that sends us elsewhere by its base URL is followed at home',
    async ({ gateway, elsewhere }) => {
      const http = await elsewhere.http(whole(), STRANGER);
      const base = `http://${STRANGER}:${http}/`;
      const record = await askServing(gateway, whole(description('WANIPConnection:1', { base })));
      expect(record.observation?.portMappings).toEqual([offered]);
    },
  );

  it.skipIf(process.platform !== 'linux')('that redirects', async ({ gateway, elsewhere }) => {
    const http = await elsewhere.http(whole(), STRANGER);
    const location = `http://${STRANGER}:${http}/root.xml`;
    failed(
      await askServing(gateway, (_, response) => response.writeHead(302, { location }).end()),
      'HTTP_STATUS',
    );
    expect(gateway.requests).toEqual(['GET /root.xml']);
  });

  it.skipIf(process.platform !== 'linux')(
    'that is not the gateway at all',
    async ({ gateway, elsewhere }) => {
      const http = await elsewhere.http(whole(), STRANGER);
      const answer = ssdpAnswer(`http://${STRANGER}:${http}/root.xml`);
      const record = await ask(
        await gateway.ssdp((_, reply) => reply(answer), { host: STRANGER, multicast: true }),
      );
      failed(record, 'NOT_THE_GATEWAY');
      expect(record.error?.message).toContain(STRANGER);
    },
  );

  it('with an endless body', async ({ gateway }) => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    let sent = 0;
    const record = await askServing(gateway, (_, response) => {
      const write = (): void => {
        if (response.destroyed) return;
        sent += chunk.length;
        if (response.write(chunk)) setImmediate(write);
        else response.once('drain', write);
      };
      write();
    });
    failed(record, 'TOO_LONG');
    // What the sockets of both sides hold, not more.
    expect(sent).toBeLessThan(32 * 1024 * 1024);
  });

  it.for<[string, RequestListener]>([
    [
      'drips its body',
      (_, response) => {
        const timer = setInterval(() => response.write('<'), 20);
        response.on('close', () => clearInterval(timer));
      },
    ],
    [
      'drips its headers',
      ({ socket }, response) => {
        const timer = setInterval(() => socket.write('x'), 20);
        socket.write('HTTP/1.1 200 OK\r\nx: ');
        response.on('close', () => clearInterval(timer));
      },
    ],
    [
      'drips informational answers',
      ({ socket }, response) => {
        const timer = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 5);
        response.on('close', () => clearInterval(timer));
      },
    ],
  ])('that %s: no answer', async ([, listener], { gateway }) => {
    const record = await askServing(gateway, listener);
    expect(record).toMatchObject({ outcome: 'timeout', error: { code: 'NO_ANSWER' } });
    expect(record.durationMs).toBeLessThan(1300);
  });

  it.for<[string, string, RequestListener]>([
    [
      'has huge headers',
      'TOO_LONG',
      (_, response) => response.writeHead(200, { x: 'y'.repeat(15_000) }).end(),
    ],
    ['hangs up', 'ECONNRESET', ({ socket }) => socket.destroy()],
    [
      'hangs up in the middle',
      'ECONNRESET',
      (_, response) => response.writeHead(200, { 'content-length': 9 }).write('x', () => response.destroy()),
    ],
    ['does not speak HTTP', 'BAD_HTTP', ({ socket }) => socket.end('SSH-2.0-dropbear\r\n')],
    ['is broken', 'HTTP_STATUS', (_, response) => response.writeHead(503).end()],
    ['sends no XML', 'BAD_XML', (_, response) => response.end('{}')],
    [
      'sends an entity bomb',
      'BAD_XML',
      (_, response) =>
        response.end(
          `<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "${'x'.repeat(99)}"><!ENTITY b "&a;&a;">]><root>&b;</root>`,
        ),
    ],
    ['sends a deep document', 'BAD_XML', (_, response) => response.end('<a>'.repeat(20_000))],
    [
      'sends a wide document',
      'BAD_XML',
      (_, response) => response.end(`<root>${'<a/>'.repeat(20_000)}</root>`),
    ],
  ])('that %s', async ([, code, listener], { gateway }) => {
    failed(await askServing(gateway, listener), code);
  });

  it('that answers with a thousand LOCATIONs is asked at eight', async ({ gateway }) => {
    const http = await gateway.http((_, response) => response.end('{}'));
    const ssdp = await gateway.ssdp((_, reply) => {
      for (let i = 0; i < 1000; i += 1) reply(ssdpAnswer(`http://${GATEWAY}:${http}/${i}`));
    });
    failed(await ask(ssdp), 'BAD_XML');
    expect(gateway.requests).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((i) => `GET /${i}`));
  });

  it('that hangs keeps nothing open once the report was cancelled', async ({ gateway }) => {
    const http = await gateway.tcp();
    const ssdp = await gateway.ssdp((_, reply) => reply(ssdpAnswer(`http://${GATEWAY}:${http}/root.xml`)));
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    const record = await ask(ssdp, controller.signal);
    expect(record).toMatchObject({ outcome: 'aborted' });
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(gateway.datagrams).toHaveLength(2);
  });
});
