import { type IsPublicAddress, parseSocketAddr, type SocketAddr, unmapped } from '../../wire/index.js';
import { MIN_SILENT_RELAYS } from '../constants.js';
import type { Family, QuicSeen } from '../observation.js';
import type { Fact, ProbeRecord, Routed } from '../types.js';
import { judged, type Seen, seen, unknown } from './seen.js';
import { type Given, hostOf } from './witnesses.js';

/** Full-size datagrams that a slow uplink carried, and over how many milliseconds, so that they count as a path. */
const SLOW_DATAGRAMS = 5;
const SLOW_SPAN_MS = 500;

/**
 * How many datagrams, and which share of them, must be lost before the path is blamed. Of the nine or so of a report a
 * good radio link, which loses 2 of 100, loses two in one report of a hundred.
 */
const MIN_LOST = 2;
const MIN_LOST_SHARE = 0.15;

/** A line slower than this, in milliseconds for each datagram (120 kbit/s), drops some of them in its own full queue. */
const MAX_MS_EACH = 80;

/**
 * Whether UDP passes in one family, as iroh needs it: QUIC, whole and for a while. What STUN alone shows is not enough,
 * since what lets STUN pass may drop QUIC, or all but small datagrams.
 */
export function judgeUdp(known: Given, family: Family, routed: Routed): Fact {
  const { records, isPublic } = known;
  const paths = seen(records, 'paths').filter(
    ({ part }) => !part.isRelay && isRemotePeer(part.remoteAddr, family, isPublic),
  );
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
  return judgeRefusals(records, family) ?? judgeHalf(quic) ?? judgeSilence(records, family);
}

/** What relays on the Internet proved: those inside our own network prove the inside. */
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
 * Whether the path loses more than chance explains. Datagrams that stop altogether are no loss: that is what
 * {@link judgeUdp} is about.
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

/** A slow uplink does not come to the end of it in a report's time, but it kept going. */
function isSustained({ reached, acknowledged, spanMs }: QuicSeen): boolean {
  return reached === 'sustained' || (acknowledged >= SLOW_DATAGRAMS && spanMs >= SLOW_SPAN_MS);
}

/** This machine itself would not send. */
function judgeRefusals(records: readonly ProbeRecord[], family: Family): Fact | null {
  const refused = seen(records, 'refusals').filter(({ part }) => part.family === family);
  const relays = new Set(refused.map(({ part }) => part.relayUrl)).size;
  if (relays < MIN_SILENT_RELAYS) return null;
  return judged('no', 'this machine itself refused to send datagrams: a firewall on it', refused);
}

/** QUIC began with somebody on the Internet, and came to nothing or not to an end. */
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
 * Nobody answered over QUIC. Relays ship with address discovery off, so their silence says something only where they are
 * known to have it, or where others who speak UDP were silent as well.
 */
function judgeSilence(records: readonly ProbeRecord[], family: Family): Fact {
  const silent = seen(records, 'silences').filter(({ part }) => part.family === family);
  const overHttps = seen(records, 'latencies').filter(({ part }) => part.kind === 'https');
  const reachable = new Set(overHttps.map(({ part }) => part.relayUrl));
  const telling = silent.filter(({ part }) => reachable.has(part.relayUrl));
  const known = telling.filter(({ part }) => part.isKnown || answeredElsewhere(records, part.relayUrl));
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
    return unknown(`STUN passes; whether QUIC does is not known: ${whyNotKnown(telling)}`, [
      ...stunAnswers,
      ...telling,
    ]);
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
  return unknown(`silence over UDP tells nothing here: ${whyNotKnown(telling)}`, silent);
}

function whyNotKnown(telling: readonly Seen<{ relayUrl: string; isKnown: boolean }>[]): string {
  if (telling.length === 0) return 'no relay that answered over HTTPS was asked over QUIC in time';
  const off = telling.filter(({ part }) => !part.isKnown);
  return off.length === 0
    ? `only ${namesOf(telling)} was silent, while it answered over HTTPS`
    : `${namesOf(off)} may have address discovery switched off, as relays ship (say its quicPort if it is on)`;
}

/** Whether it discovered an address in this very report, in whichever family. */
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
    return false; // a peer's address in a form of its own proves nothing
  }
  return addr.family === family && isPublic(addr.ip);
}
