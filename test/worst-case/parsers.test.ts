/**
 * Text and bytes from outside meet nothing that is not linear. A new reader is one row here; its regular expressions are
 * looked at by `npm run check`.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../lib/errors.js';
import { chooseType } from '../../lib/http/accept.js';
import { hostName } from '../../lib/http-kit/index.js';
import { resolveSettings, SETTINGS } from '../../lib/options/index.js';
import { proxyFor } from '../../lib/probes/http/proxy.js';
import { hostsFile } from '../../lib/probes/names/hosts-file.js';
import { readExternalAddress } from '../../lib/probes/nat-pmp.js';
import { readAnnounceResponse } from '../../lib/probes/pcp.js';
import { Certificate } from '../../lib/probes/qad/certificates/certificate.js';
import { decodeExtensions } from '../../lib/probes/qad/certificates/extensions.js';
import { TrustAnchors } from '../../lib/probes/qad/certificates/trust-anchors.js';
import { CryptoReceiver } from '../../lib/probes/qad/connection/crypto-receiver.js';
import { decodeFrames } from '../../lib/probes/qad/connection/frames.js';
import { ReceivedPackets } from '../../lib/probes/qad/connection/packet-space.js';
import { decodeServerParameters } from '../../lib/probes/qad/connection/transport-parameters.js';
import { packetsOf } from '../../lib/probes/qad/packets/header.js';
import {
  decodeCertificate,
  decodeEncryptedExtensions,
  decodeServerHello,
} from '../../lib/probes/qad/tls/messages.js';
import { parseIpv4Routes, parseIpv6Routes } from '../../lib/probes/routes/linux.js';
import { parsePrintedIpv4, parsePrintedIpv6, parseRouteGet } from '../../lib/probes/routes/route-program.js';
import { decodeBindingResponse } from '../../lib/probes/stun/message.js';
import { checkService, readDescription } from '../../lib/probes/upnp/description.js';
import { AnswerReader } from '../../lib/probes/upnp/http-answer.js';
import { readExternalAddressAnswer } from '../../lib/probes/upnp/soap.js';
import { readSearchAnswer } from '../../lib/probes/upnp/ssdp.js';
import { parseXml } from '../../lib/probes/upnp/xml.js';
import { redactProse } from '../../lib/report/redact/prose.js';
import { Pseudonyms } from '../../lib/report/redact/pseudonyms.js';
import { show } from '../../lib/settings/show.js';
import { printable } from '../../lib/text.js';
import { loadFailure } from '../../lib/transport/load-failure.js';
import { classifyFailure, parseCloseReason } from '../../lib/transport/native-errors.js';
import {
  ApiSecret,
  canonicalIp,
  decodeClientHostRequest,
  decodePeerFacts,
  decodeReportResult,
  decodeServicesRequest,
  decodeUnitResult,
  parseEndpointId,
  parseSocketAddr,
  SecretKey,
  Token,
  unmappedIp,
  withoutBrackets,
} from '../../lib/wire/index.js';
import { normaliseRelayUrl } from '../../lib/wire/relay.js';
import { parseStunServer } from '../../lib/wire/stun-server.js';
import { bearerIn } from '../../platform/server/doors/index.js';
import { SignInCookie } from '../../platform/server/doors/sign-in-cookie.js';
import { escapeHtml } from '../../platform/server/html.js';
import { parseHead, parseKeys, parseLine } from '../../platform/transfer/format.js';
import { madeUpId } from '../support/ids.js';
import { quietly, superlinear } from './growth.js';

/** Without a limit of its own, a reader gets so much. Quadratic work on it takes seconds. */
const SIZE = 256 * 1024;

/** What is repeated: each may be what some loop looks for again and again. */
const UNITS = [
  ...[
    '\0',
    ' ',
    '\t',
    '\n',
    '\r\n',
    'a',
    '1',
    '-',
    '.',
    ',',
    ';',
    ':',
    '/',
    '%',
    '#',
    '&',
    '"',
    "'",
    '\\',
    '@',
  ],
  ...[
    '<',
    '<a>',
    '<a b="c" ',
    '<!--',
    '<![CDATA[',
    '<?',
    '&amp;',
    '&#',
    ' a',
    '1.',
    'a.',
    'a,',
    ';q=0',
    '://',
  ],
  ...['::', '[', '](', '\ufeff', '\u200b', '\ud800', '%2', 'services', 'HTTP/1.1 200 OK\r\n', 'a: b\r\n'],
  ...[
    '\nCaused by:\n',
    '\nStack backtrace:\n',
    'ConnectionLost(',
    'Read(',
    ' (code 1)',
    '-----BEGIN CERTIFICATE-----',
  ],
];

interface TextRow {
  read(text: string): unknown;
  /** What comes before and after what is repeated. Default: nothing, and each reader's own beginnings too. */
  around?: readonly (readonly [before: string, after: string])[];
  size?: number;
}

/** Each variable that can be set. */
const VARIABLES = Object.values(SETTINGS).flatMap(({ variable }) => variable ?? []);

const texts: Record<string, TextRow> = {
  'XML of a gateway': {
    read: parseXml,
    around: [
      ['', ''],
      ['<a>', '</a>'],
      ['<a b="', '"/>'],
    ],
    size: 128 * 1024,
  },
  'description of a gateway': {
    read: (text) => readDescription(text, new URL('http://192.0.2.1/'), '192.0.2.1'),
    around: [['<root><device>', '</device></root>']],
    size: 128 * 1024,
  },
  'service of a gateway': { read: checkService, around: [['<scpd>', '</scpd>']], size: 128 * 1024 },
  'answer of a gateway about its address': {
    read: (text) => readExternalAddressAnswer({ status: 200, text }),
    size: 128 * 1024,
  },
  'HTTP answer of a gateway': {
    read: (text) => new AnswerReader(SIZE).add(Buffer.from(text, 'latin1')),
    around: [
      ['', ''],
      ['HTTP/1.1 200 OK\r\n', '\r\n\r\n'],
      ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', ''],
      ['HTTP/1.1 200 OK\r\n\r\n', ''],
    ],
  },
  'HTTP answer of a gateway, byte by byte': {
    read: (text) => {
      const reader = new AnswerReader(SIZE);
      for (const byte of Buffer.from(text, 'latin1')) reader.add(Buffer.of(byte));
    },
    around: [
      ['HTTP/1.1 200 OK\r\n\r\n', ''],
      ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', ''],
    ],
    size: 64 * 1024,
  },
  'SSDP answer': {
    read: (text) => readSearchAnswer(Buffer.from(text, 'latin1')),
    around: [
      ['', ''],
      ['HTTP/1.1 200 OK\r\nST: ', ''],
    ],
    size: 4096,
  },
  'routes of Linux': { read: (text) => [parseIpv4Routes(text, true), parseIpv6Routes(text)] },
  'routes of macOS': { read: parseRouteGet },
  'routes of Windows': {
    read: (text) => [parsePrintedIpv4(text), parsePrintedIpv6(text)],
    around: [
      ['', ''],
      ['0.0.0.0 0.0.0.0 ', ' 192.0.2.1 5'],
      ['0.0.0.0 0.0.0.0 x', 'y'],
    ],
  },
  'proxy variables': {
    read: (text) => [
      proxyFor(new URL('https://relay.example/'), { HTTPS_PROXY: 'http://127.0.0.1', NO_PROXY: text }),
      proxyFor(new URL('https://relay.example/'), { HTTPS_PROXY: text }),
    ],
  },
  'STUN server': { read: parseStunServer },
  'address with a port': {
    read: parseSocketAddr,
    around: [
      ['', ''],
      ['[', ']:1'],
      ['127.0.0.1:', ''],
    ],
  },
  'endpoint id': { read: parseEndpointId },
  'IP address': { read: (text) => [canonicalIp(text), unmappedIp(text), withoutBrackets(text)] },
  'relay URL': {
    read: normaliseRelayUrl,
    around: [
      ['', ''],
      ['https://', '/'],
      ['https://a/', ''],
    ],
  },
  'API secret': {
    read: (text) => ApiSecret.parse(text),
    around: [
      ['', ''],
      ['services', ''],
      ['"', '"'],
      ['IROH_SERVICES_API_SECRET=', ''],
    ],
  },
  'secret key': { read: (text) => SecretKey.parse(text) },
  ...Object.fromEntries(
    VARIABLES.map((variable): [string, TextRow] => [
      variable,
      { read: (text) => resolveSettings({}, { [variable]: text }) },
    ]),
  ),
  'wrong value, shown': { read: show },
  'Accept header': { read: (text) => chooseType(text, ['text/html', 'application/json']) },
  'Host header': { read: hostName },
  'Cookie header': { read: (text) => new SignInCookie(madeUpId('a')).values(text, false) },
  'Authorization header': {
    read: (text) => bearerIn({ authorization: text }),
    around: [
      ['', ''],
      ['Bearer ', ''],
    ],
  },
  'foreign text': { read: (text) => [printable(text), messageOf(new Error(text))] },
  'prose, redacted': { read: (text) => redactProse(text, new Pseudonyms()) },
  'text into HTML': { read: escapeHtml },
  'line of an export': {
    read: parseLine,
    around: [
      ['', ''],
      ['["', '"]'],
      ['{"table":"', '","columns":[]}'],
    ],
  },
  'first lines of an export': {
    read: (text) => [parseHead, parseKeys].map((parse) => quietly(parse)(text)),
    around: [
      ['', ''],
      ['{"keys":{"a":"', '"}}'],
    ],
  },
  'words of the binding': {
    read: (text) => [classifyFailure(new Error(text)), parseCloseReason(text)],
    around: [
      ['', ''],
      ['closed by peer: ', ''],
      ['ApplicationClosed(ApplicationClose { error_code: 1, reason: b"', ''],
    ],
  },
  'words of the loader': { read: (text) => loadFailure(new Error(text)) },
  'root certificates in PEM': {
    read: (text) => new TrustAnchors([text]),
    around: [
      ['', ''],
      ['-----BEGIN CERTIFICATE-----\n', ''],
    ],
  },
};

describe('text from outside takes time that grows with it, and no faster', () => {
  it.each(Object.entries(texts))('%s', (_, { read, around = [['', '']], size = SIZE }) => {
    const consume = quietly(read);
    const slow = UNITS.flatMap((unit) =>
      around.flatMap(([before, after]) => {
        const feed = (length: number) => {
          // Flat, not a rope: what joins it first would be measured instead.
          const text = Buffer.from(before + unit.repeat(length / unit.length) + after).toString();
          return () => consume(text);
        };
        const measured = superlinear(feed, size - before.length - after.length);
        return measured === null ? [] : [`${JSON.stringify([before, unit, after])}: ${measured}`];
      }),
    );
    expect(slow).toEqual([]);
  });
});

interface BytesRow {
  read(bytes: Buffer): unknown;
  /** Beginnings that get the reader further. */
  before?: readonly (readonly number[])[];
  size?: number;
}

const bytes: Record<string, BytesRow> = {
  'request to the platform': {
    read: decodeServicesRequest,
    before: [0, 1, 2, 3, 4, 5, 6, 7].map((variant) => [variant]),
  },
  'request to the app': { read: decodeClientHostRequest, before: [[0], [1]] },
  'answer with a report': { read: decodeReportResult, before: [[0], [1]] },
  'answer without a value': { read: decodeUnitResult, before: [[0], [1]] },
  "a peer's line about itself": {
    read: decodePeerFacts,
    before: [[], [...Buffer.from('{"version":1,"a":')]],
  },
  token: { read: (token) => Token.decode(token) },
  'STUN answer': {
    read: decodeBindingResponse,
    // A header of RFC 8489 that says how much follows.
    before: [[1, 1, 0xff, 0xfc, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    size: 65_536,
  },
  'NAT-PMP answer': { read: readExternalAddress },
  'PCP answer': { read: readAnnounceResponse },
  'QUIC packets in a datagram': { read: (datagram) => [...packetsOf(datagram)], size: 65_536 },
  'QUIC frames': {
    read: (payload) => [decodeFrames(payload, 'application'), decodeFrames(payload, 'initial')],
    before: [[], [2, 0x80, 0, 0, 0, 0, 0x80, 0, 0xff, 0xff]],
    size: 65_536,
  },
  'QUIC transport parameters': { read: decodeServerParameters },
  'TLS ServerHello': { read: decodeServerHello },
  'TLS EncryptedExtensions': {
    read: (body) => decodeEncryptedExtensions(body, '/iroh-qad/0'),
    before: [[], [0xff, 0xff]],
    size: 65_536,
  },
  'TLS Certificate': { read: decodeCertificate, before: [[], [0, 3, 0xff, 0xff]] },
  'certificate in DER': {
    read: (der) => new Certificate(der),
    before: [[], [0x30, 0x83, 3, 0xff, 0xf0], [0x30, 0x83, 3, 0xff, 0xf0, 0x30, 0x83, 3, 0xff, 0xe0]],
  },
  'extensions in DER': { read: decodeExtensions, before: [[], [0x30, 0x83, 3, 0xff, 0xf0]] },
};

/** What is repeated: lengths, counts and tags that make a reader go on. */
const BYTES = [
  [0],
  [1],
  [2],
  [0x30, 0x80],
  [0x30, 0x00],
  [0x06, 0x01, 0x80],
  [0x7f],
  [0x80],
  [0xff],
  [0x40, 0x00],
];

describe('bytes from outside take time that grows with them, and no faster', () => {
  it.each(Object.entries(bytes))('%s', (_, { read, before = [[]], size = SIZE }) => {
    const consume = quietly(read);
    const slow = BYTES.flatMap((unit) =>
      before.flatMap((start) => {
        const feed = (length: number) => {
          const input = Buffer.concat([
            Buffer.from(start),
            Buffer.alloc(length - start.length, Buffer.from(unit)),
          ]);
          return () => consume(input);
        };
        const measured = superlinear(feed, size);
        return measured === null ? [] : [`${JSON.stringify([start, unit])}: ${measured}`];
      }),
    );
    expect(slow).toEqual([]);
  });

  it('a hosts file whose one line names a host again and again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-hosts-'));
    const path = join(folder, 'hosts');
    await writeFile(path, `127.0.0.1 ${'relay.example '.repeat(60_000)}`);
    const startedAt = performance.now();
    expect(await hostsFile(path)('relay.example', 4)).toEqual(['127.0.0.1']);
    // Taken apart at each of its names it would take minutes.
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    [
      'handshake data whose pieces come backwards',
      (size: number) => () => {
        const receiver = new CryptoReceiver();
        for (let at = size; at >= 0; at -= 1) receiver.take(at % 65_000, Buffer.of(1));
      },
    ],
    [
      'packets of which every second is missing',
      (size: number) => () => {
        const received = new ReceivedPackets();
        for (let number = 0; number < size; number += 2) if (!received.has(number)) received.add(number);
      },
    ],
  ])('%s', (_, feed) => {
    const quiet = (size: number) => () => quietly(feed(size))(undefined);
    expect(superlinear(quiet, 16_384)).toBeNull();
  });
});

describe('what a measurement of growth says', () => {
  it('of what is linear nothing, of what is quadratic how long it took', () => {
    const work = (steps: (size: number) => number) => (size: number) => () => {
      for (let left = steps(size); left > 0; left -= 1) Math.sqrt(left);
    };
    expect(
      superlinear(
        work((size) => size * 20_000),
        4_000,
      ),
    ).toBeNull();
    expect(
      superlinear(
        work((size) => size ** 2 * 10),
        8_000,
      ),
    ).toMatch(/ms, 8 times as much in/);
  });
});
