import { readDuration, writeDuration } from './duration.js';
import type { PostcardReader } from './postcard-reader.js';
import type { PostcardWriter } from './postcard-writer.js';
import { normaliseRelayUrl, readRelayUrl, writeRelayUrl } from './relay.js';
import { readUntaggedSocketAddr, type SocketAddr, writeUntaggedSocketAddr } from './socket-addr.js';
import { encodeError } from './wire-error.js';

/** How long a relay took to answer. */
export interface RelayLatency {
  /** As `new URL(u).href` writes it. */
  relayUrl: string;
  /** Milliseconds, exact to the nanosecond; at most 26 days. */
  latencyMs: number;
}

/** iroh's own report of the network. Null means: not measured. */
export interface NetReport {
  /** A QUIC address discovery round trip over IPv4 succeeded. */
  udpV4: boolean;
  udpV6: boolean;
  /** Whether different servers saw different public addresses. */
  mappingVariesByDestIpv4: boolean | null;
  mappingVariesByDestIpv6: boolean | null;
  /** The relay with the lowest latency. */
  preferredRelay: string | null;
  /** By kind of probe; one entry for each relay, sorted by URL. */
  relayLatency: { ipv4: RelayLatency[]; ipv6: RelayLatency[]; https: RelayLatency[] };
  /** The public address that a server saw. */
  globalV4: SocketAddr | null;
  globalV6: SocketAddr | null;
  captivePortal: boolean | null;
}

/** Bytes of the shortest entry: a length, `http:a` (the shortest text that is a URL) and two varints. */
const MIN_LATENCY_SIZE = 9;

export function writeNetReport(writer: PostcardWriter, report: NetReport): void {
  const writeBool = (value: boolean) => writer.bool(value);
  writer.bool(report.udpV4).bool(report.udpV6);
  writer.option(report.mappingVariesByDestIpv4, writeBool).option(report.mappingVariesByDestIpv6, writeBool);
  writer.option(report.preferredRelay, (url) => writeRelayUrl(writer, url));
  writeLatencies(writer, report.relayLatency.ipv4);
  writeLatencies(writer, report.relayLatency.ipv6);
  writeLatencies(writer, report.relayLatency.https);
  writer.option(report.globalV4, (addr) => writeUntaggedSocketAddr(writer, addr, 4));
  writer.option(report.globalV6, (addr) => writeUntaggedSocketAddr(writer, addr, 6));
  writer.option(report.captivePortal, writeBool);
}

export function readNetReport(reader: PostcardReader): NetReport {
  const optionalBool = (field: string) => reader.option(field, () => reader.bool(field));
  return {
    udpV4: reader.bool('udpV4'),
    udpV6: reader.bool('udpV6'),
    mappingVariesByDestIpv4: optionalBool('mappingVariesByDestIpv4'),
    mappingVariesByDestIpv6: optionalBool('mappingVariesByDestIpv6'),
    preferredRelay: reader.option('preferredRelay', () => readRelayUrl(reader, 'preferredRelay')),
    relayLatency: reader.within('relayLatency', () => ({
      ipv4: readLatencies(reader, 'ipv4'),
      ipv6: readLatencies(reader, 'ipv6'),
      https: readLatencies(reader, 'https'),
    })),
    globalV4: reader.option('globalV4', () => readUntaggedSocketAddr(reader, 'globalV4', 4)),
    globalV6: reader.option('globalV6', () => readUntaggedSocketAddr(reader, 'globalV6', 6)),
    captivePortal: optionalBool('captivePortal'),
  };
}

function writeLatencies(writer: PostcardWriter, latencies: readonly RelayLatency[]): void {
  const byUrl = new Map<string, number>();
  for (const { relayUrl, latencyMs } of latencies) {
    const href = normaliseRelayUrl(relayUrl);
    if (href === null) throw encodeError('relayLatency.relayUrl', 'no http or https URL');
    if (byUrl.has(href)) throw encodeError('relayLatency', 'a relay stands in it twice');
    byUrl.set(href, latencyMs);
  }
  // An href is ASCII, so this is the order of its bytes, as in Rust's map.
  const urls = [...byUrl.keys()].sort();
  writer.seq(urls, 'relayLatency', (url) => {
    writeRelayUrl(writer, url);
    writeDuration(writer, byUrl.get(url) ?? 0, 'relayLatency.latencyMs');
  });
}

/** Reads the entries in any order. Refuses a relay that is there twice: no encoder writes that, and one value would be lost. */
function readLatencies(reader: PostcardReader, field: string): RelayLatency[] {
  const seen = new Set<string>();
  const latencies = reader.seq(field, MIN_LATENCY_SIZE, () => {
    const start = reader.offset;
    const relayUrl = readRelayUrl(reader, 'relayUrl');
    if (seen.has(relayUrl)) reader.fail('relayUrl', 'the relay stands in the map twice', start);
    seen.add(relayUrl);
    return { relayUrl, latencyMs: readDuration(reader, 'latencyMs') };
  });
  return latencies.sort((a, b) => (a.relayUrl < b.relayUrl ? -1 : 1));
}
