import { type IsPublicAddress, parseSocketAddr, type SocketAddr, unmapped } from '../../wire/index.js';
import { MIN_SILENT_RELAYS } from '../constants.js';
import type { Family, QuicSeen } from '../observation.js';
import type { Fact, ProbeRecord, Routed } from '../types.js';
import { directPaths } from './paths.js';
import { judged, type Seen, seen, unknown } from './seen.js';
import { type Given, hostOf } from './witnesses.js';

/**
 * On a slow uplink the full exchange does not end in the time of a report. So many acknowledged datagrams over so
 * many milliseconds are enough.
 */
const SLOW_DATAGRAMS = 5;
const SLOW_SPAN_MS = 500;

/**
 * How many datagrams, and which share of them, must be lost before we say that the path loses packets. A report sends
 * about nine. A good radio link that loses 2 of 100 loses two of nine in about one report of a hundred.
 */
const MIN_LOST = 2;
const MIN_LOST_SHARE = 0.15;

/**
 * Milliseconds for each datagram. A slower line (less than 120 kbit/s) drops some of our datagrams in its own full
 * queue, and that is no loss on the way.
 */
const MAX_MS_EACH = 80;

/** The port of HTTP/3. */
const WEB_PORT = 443;
const WEB_PORT_ALONE = `no other UDP port was tried than ${WEB_PORT}, which many networks close to keep browsers from QUIC`;

/**
 * Whether UDP passes in one family as iroh needs it: QUIC, with full-size datagrams, for a while. An answer over STUN
 * is not enough: some firewalls let STUN pass and drop QUIC, or drop all but small datagrams.
 */
export function judgeUdp(known: Given, family: Family, routed: Routed): Fact {
  const { records, isPublic } = known;
  const paths = directPaths(records).filter(({ part }) => isRemotePeer(part.remoteAddr, family, isPublic));
  if (paths.length > 0) return judged('yes', 'a direct path to a peer on the Internet is live', paths);

  const quic = outsideQuic(known, family);
  const sustained = quic.filter(({ part }) => isSustained(part));
  if (sustained.length > 0)
    return judged('yes', 'full-size QUIC datagrams came through, and kept coming', sustained);
  const certificates = quic.filter(({ part }) => part.code?.startsWith('QAD_CERT_') === true);
  if (certificates.length > 0) {
    return judged(
      'yes',
      "a relay's handshake came back over UDP, though its certificate was refused",
      certificates,
    );
  }
  if (routed.value === 'no') return { ...routed, value: 'no' };
  return judgeRefusals(records, family) ?? judgeHalf(quic) ?? judgeSilence(known, family);
}

/** What QUIC with relays on the Internet showed. A relay in our own network says nothing about the Internet. */
function outsideQuic({ records, witnesses }: Given, family: Family): Seen<QuicSeen>[] {
  const insiders = new Set(
    witnesses[family].useless
      .filter(({ isInside }) => isInside)
      .map(({ witness }) => witness.part.destinationIp),
  );
  return seen(records, 'quic').filter(
    ({ part }) => part.family === family && !insiders.has(part.destinationIp),
  );
}

/**
 * Whether the path loses more datagrams than chance explains. Here datagrams get lost but others follow; a path that
 * stops to carry any is the matter of {@link judgeUdp}.
 */
export function judgeLoss(known: Given, family: Family): Fact {
  const sustained = outsideQuic(known, family).filter(({ part }) => isSustained(part));
  if (sustained.length === 0) return unknown('no full-size QUIC datagrams came through');
  const quic = sustained.filter(({ part }) => part.spanMs <= MAX_MS_EACH * part.acknowledged);
  if (quic.length === 0)
    return unknown('the line is slow: what is lost may be lost in its own queue', sustained);
  const lost = quic.reduce((sum, { part }) => sum + part.lost, 0);
  const total = quic.reduce((sum, { part }) => sum + part.acknowledged, lost);
  const isMore = lost >= MIN_LOST && lost / total >= MIN_LOST_SHARE;
  return judged(isMore ? 'yes' : 'no', `${lost} of ${total} full-size QUIC datagrams were lost`, quic);
}

/** Also true for a slow uplink, where the exchange did not end in time but kept going. */
function isSustained({ reached, acknowledged, spanMs }: QuicSeen): boolean {
  return reached === 'sustained' || (acknowledged >= SLOW_DATAGRAMS && spanMs >= SLOW_SPAN_MS);
}

/** This machine itself refused to send. */
function judgeRefusals(records: readonly ProbeRecord[], family: Family): Fact | null {
  const refused = seen(records, 'refusals').filter(({ part }) => part.family === family);
  const relays = new Set(refused.map(({ part }) => part.relayUrl)).size;
  if (relays < MIN_SILENT_RELAYS) return null;
  return judged('no', 'this machine itself refused to send datagrams: a firewall on it', refused);
}

/** QUIC began with a relay on the Internet but did not work, or did not come to its end. */
function judgeHalf(quic: readonly Seen<QuicSeen>[]): Fact | null {
  const stalled = quic.filter(({ part }) => part.reached === 'stalled');
  if (stalled.length > 0) {
    const reason = 'a QUIC handshake passes, but full-size datagrams after it do not, or not for long';
    return judged('no', reason, stalled);
  }
  const established = quic.filter(({ part }) => part.reached === 'established');
  if (established.length > 0) {
    return unknown(
      'a QUIC handshake passes; whether datagrams keep passing was not seen in time',
      established,
    );
  }
  const broken = quic.filter(({ part }) => part.reached === 'answered' && part.code === 'QAD_TIMEOUT');
  const relays = new Set(broken.map(({ part }) => part.relayUrl)).size;
  if (relays >= MIN_SILENT_RELAYS) {
    return judged('no', `${relays} relays answered over UDP, but no QUIC handshake came to its end`, broken);
  }
  return null;
}

/**
 * Nobody answered over QUIC. Relays ship with address discovery switched off, so silence counts only for relays that
 * are known to have it, or if STUN servers were silent as well. It does not count at port 443, which many networks
 * close to keep browsers from QUIC, and no more.
 */
function judgeSilence({ records, relays }: Given, family: Family): Fact {
  const silent = seen(records, 'silences').filter(({ part }) => part.family === family);
  const overHttps = seen(records, 'latencies').filter(({ part }) => part.kind === 'https');
  const reachable = new Set(overHttps.map(({ part }) => part.relayUrl));
  const telling = silent.filter(({ part }) => reachable.has(part.relayUrl));
  const isAtWebPort = ({ part }: Seen<{ relayUrl: string }>) =>
    relays.some(({ url, quicPort }) => url === part.relayUrl && quicPort === WEB_PORT);
  const known = telling.filter(
    (relay) => !isAtWebPort(relay) && (relay.part.isKnown || answeredElsewhere(records, relay.part.relayUrl)),
  );
  const why = telling.length > 0 && telling.every(isAtWebPort) ? WEB_PORT_ALONE : whyNotKnown(telling);
  const stun = seen(records, 'stun').filter(({ part }) => part.family === family);
  const stunAnswers = stun.filter(({ part }) => part.result === 'answered');
  const stunSilences = stun.filter(({ part }) => part.result === 'silent');
  const controls = overHttps.filter(({ part }) =>
    telling.some((relay) => relay.part.relayUrl === part.relayUrl),
  );

  if (stunAnswers.length > 0) {
    if (relaysOf(known).length >= MIN_SILENT_RELAYS) {
      const reason = `STUN passes, but QUIC does not: ${namesOf(known)} were silent over QUIC while they answered over HTTPS`;
      return judged('no', reason, [...known, ...controls, ...stunAnswers]);
    }
    return unknown(`STUN passes; whether QUIC does is not known: ${why}`, [...stunAnswers, ...telling]);
  }
  if (relaysOf(known).length >= MIN_SILENT_RELAYS) {
    const reason = `${relaysOf(known).length} relays answered over HTTPS but not over UDP`;
    return judged('no', reason, [...known, ...controls]);
  }
  if (relaysOf(telling).length > 0 && stunSilences.length > 0) {
    const reason = `neither relays nor STUN servers answered over UDP, while ${namesOf(telling)} answered over HTTPS`;
    return judged('no', reason, [...telling, ...controls, ...stunSilences]);
  }
  if (silent.length === 0) return unknown('no probe that speaks UDP was answered or had the time to be');
  return unknown(`silence over UDP tells nothing here: ${why}`, silent);
}

function whyNotKnown(telling: readonly Seen<{ relayUrl: string; isKnown: boolean }>[]): string {
  if (telling.length === 0) return 'no relay that answered over HTTPS was asked over QUIC in time';
  const off = telling.filter(({ part }) => !part.isKnown);
  return off.length === 0
    ? `only ${namesOf(telling)} was silent, while it answered over HTTPS`
    : `${namesOf(off)} may have address discovery switched off, as relays ship (say its quicPort if it is on)`;
}

/** Whether the relay told an address in this report, in either family. */
function answeredElsewhere(records: readonly ProbeRecord[], relayUrl: string): boolean {
  return seen(records, 'latencies').some(({ part }) => part.relayUrl === relayUrl && part.kind !== 'https');
}

function relaysOf(parts: readonly Seen<{ relayUrl: string }>[]): string[] {
  return [...new Set(parts.map(({ part }) => part.relayUrl))];
}

function namesOf(parts: readonly Seen<{ relayUrl: string }>[]): string {
  return relaysOf(parts).map(hostOf).join(' and ');
}

function isRemotePeer(remoteAddr: string, family: Family, isPublic: IsPublicAddress): boolean {
  let addr: SocketAddr;
  try {
    addr = unmapped(parseSocketAddr(remoteAddr));
  } catch {
    return false; // an address that we cannot read proves nothing
  }
  return addr.family === family && isPublic(addr.ip);
}
