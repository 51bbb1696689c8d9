import { type EndpointId, endpointIdFromBytes, endpointIdToBytes, KEY_SIZE } from './endpoint-id.js';
import { type NetReport, readNetReport, writeNetReport } from './net-report.js';
import { decodeWhole, type PostcardReader } from './postcard-reader.js';
import { PostcardWriter } from './postcard-writer.js';
import { compareSocketAddr, readSocketAddr, type SocketAddr, writeSocketAddr } from './socket-addr.js';

/** Which port mapping protocols the gateway speaks. */
export interface PortmapProbe {
  upnp: boolean;
  pcp: boolean;
  natPmp: boolean;
}

/** The report that a dial-back returns and an endpoint uploads. The platform defines its shape, so nothing can be added. */
export interface DiagnosticsReport {
  endpointId: EndpointId;
  /** Null when iroh had no report in time. */
  netReport: NetReport | null;
  /** Written in the order of family, address and port; read in any order. */
  directAddrs: SocketAddr[];
  /** Null when it was not measured. The hosted service cannot read null, so always send an object. */
  portmapProbe: PortmapProbe | null;
  irohVersion: string;
  irohServicesVersion: string;
}

/** @throws NetDiagnosticsError `ERR_WIRE_ENCODE` when a value does not fit its field */
export function encodeReport(report: DiagnosticsReport): Uint8Array {
  const writer = new PostcardWriter();
  writeReport(writer, report);
  return writer.finish();
}

/** @throws WireError */
export function decodeReport(bytes: Uint8Array): DiagnosticsReport {
  return decodeWhole(bytes, readReport);
}

export function writeReport(writer: PostcardWriter, report: DiagnosticsReport): void {
  writer.raw(endpointIdToBytes(report.endpointId), 'endpointId');
  writer.option(report.netReport, (netReport) => writeNetReport(writer, netReport));
  writer.seq(report.directAddrs.toSorted(compareSocketAddr), 'directAddrs', (addr) => {
    writeSocketAddr(writer, addr);
  });
  writer.option(report.portmapProbe, ({ upnp, pcp, natPmp }) => {
    writer.bool(upnp).bool(pcp).bool(natPmp);
  });
  writer.str(report.irohVersion, 'irohVersion').str(report.irohServicesVersion, 'irohServicesVersion');
}

export function readReport(reader: PostcardReader): DiagnosticsReport {
  return {
    endpointId: readEndpointId(reader),
    netReport: reader.option('netReport', () => reader.within('netReport', () => readNetReport(reader))),
    // The shortest address: a tag, four octets, a port of one byte.
    directAddrs: reader.seq('directAddrs', 6, () => readSocketAddr(reader, '')),
    portmapProbe: reader.option('portmapProbe', () =>
      reader.within('portmapProbe', () => readPortmap(reader)),
    ),
    irohVersion: reader.str('irohVersion'),
    irohServicesVersion: reader.str('irohServicesVersion'),
  };
}

function readEndpointId(reader: PostcardReader): EndpointId {
  const start = reader.offset;
  return endpointIdFromBytes(reader.raw('endpointId', KEY_SIZE), (fault) =>
    reader.fail('endpointId', fault, start),
  );
}

function readPortmap(reader: PostcardReader): PortmapProbe {
  return { upnp: reader.bool('upnp'), pcp: reader.bool('pcp'), natPmp: reader.bool('natPmp') };
}
