import { type Attributes, nameFault, readAttributes, readName, writeAttributes } from './attributes.js';
import { type MetricsUpdate, readMetricsUpdate, writeMetricsUpdate } from './metrics.js';
import { decodeWhole, type PostcardReader } from './postcard-reader.js';
import { PostcardWriter } from './postcard-writer.js';
import { type DiagnosticsReport, readReport, writeReport } from './report.js';
import { readToken, type Token } from './token.js';
import { encodeError, UnknownRequestError } from './wire-error.js';

/** ALPN of the protocol in which an endpoint asks a platform. */
export const SERVICES_ALPN = '/iroh/n0des/1';

/** A second ALPN that only platforms of this package accept. Its only use is to recognise them. */
export const OWN_PLATFORM_ALPN = 'iroh-net-diagnostics/platform/1';

/** Bytes of a ping's id and of a metrics session's id. */
export const ID_SIZE = 16;

/** A request from endpoint to platform. */
export type ServicesRequest =
  /** First on a connection. Answered by an empty message, or the connection closes with 401. */
  | { type: 'auth'; token: Token }
  /** `sessionId`: 16 bytes (a Uuid), the same while the schema stays valid. */
  | { type: 'put-metrics'; sessionId: Uint8Array; update: MetricsUpdate }
  /** `id`: 16 bytes, which the answer repeats. */
  | { type: 'ping'; id: Uint8Array }
  | { type: 'put-network-diagnostics'; report: DiagnosticsReport }
  /** A token that the platform may use when it dials back. */
  | { type: 'grant-cap'; token: Token }
  /** `name`: 2 to 128 bytes of UTF-8. */
  | { type: 'name-endpoint'; name: string }
  /** `group`: 2 to 128 bytes of UTF-8, the one group that the endpoint belongs to. Since 2.0. */
  | { type: 'set-group'; group: string }
  /** Replaces all attributes; an empty object removes them. Since 2.0. */
  | { type: 'set-attributes'; attributes: Attributes };

const VARIANTS = [
  'auth',
  'put-metrics',
  'ping',
  'put-network-diagnostics',
  'grant-cap',
  'name-endpoint',
  'set-group',
  'set-attributes',
] as const satisfies ServicesRequest['type'][];

/** @throws NetDiagnosticsError `ERR_WIRE_ENCODE` when a value does not fit its field */
export function encodeServicesRequest(request: ServicesRequest): Uint8Array {
  const writer = new PostcardWriter().variant(VARIANTS.indexOf(request.type));
  switch (request.type) {
    case 'auth':
    case 'grant-cap':
      writer.raw(request.token.encode(), 'token');
      break;
    case 'put-metrics':
      writeMetricsUpdate(
        writer.uint(ID_SIZE, 'sessionId').raw(request.sessionId, 'sessionId', ID_SIZE),
        request.update,
      );
      break;
    case 'ping':
      writer.raw(request.id, 'id', ID_SIZE);
      break;
    case 'put-network-diagnostics':
      writeReport(writer, request.report);
      break;
    case 'name-endpoint':
      writeName(writer, request.name, 'name');
      break;
    case 'set-group':
      writeName(writer, request.group, 'group');
      break;
    case 'set-attributes':
      writeAttributes(writer, request.attributes);
  }
  return writer.finish();
}

/**
 * @throws UnknownRequestError for a variant this version does not know
 * @throws WireError for malformed bytes, `ERR_TOKEN_INVALID` for a token that does not verify
 */
export function decodeServicesRequest(bytes: Uint8Array): ServicesRequest {
  return decodeWhole(bytes, (reader) => {
    const variant = reader.variant('request');
    const type = VARIANTS[variant];
    if (type === undefined) throw new UnknownRequestError('request', 0, variant);
    return reader.within(type, () => readBody(reader, type));
  });
}

/** The answer to a ping: its id. */
export function encodePong(id: Uint8Array): Uint8Array {
  return new PostcardWriter().raw(id, 'id', ID_SIZE).finish();
}

/** The id in the answer to a ping. @throws WireError */
export function decodePong(bytes: Uint8Array): Uint8Array {
  return decodeWhole(bytes, (reader) => reader.raw('id', ID_SIZE));
}

function readBody(reader: PostcardReader, type: ServicesRequest['type']): ServicesRequest {
  switch (type) {
    case 'auth':
    case 'grant-cap':
      return { type, token: readToken(reader) };
    case 'put-metrics':
      return { type, sessionId: reader.sizedRaw('sessionId', ID_SIZE), update: readMetricsUpdate(reader) };
    case 'ping':
      return { type, id: reader.raw('id', ID_SIZE) };
    case 'put-network-diagnostics':
      return { type, report: readReport(reader) };
    case 'name-endpoint':
      return { type, name: readName(reader, 'name') };
    case 'set-group':
      return { type, group: readName(reader, 'group') };
    case 'set-attributes':
      return { type, attributes: readAttributes(reader) };
  }
}

function writeName(writer: PostcardWriter, text: string, field: string): void {
  const fault = nameFault(text);
  if (fault !== null) throw encodeError(field, `it ${fault}`);
  writer.str(text, field);
}
