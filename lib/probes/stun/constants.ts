/**
 * Servers of a family that are asked to answer from elsewhere: each needs a socket of its own, and some networks give
 * a machine few UDP flows.
 */
export const MAX_FILTERING_TESTS = 2;

/** RFC 8489, section 5. */
export const MAGIC_COOKIE = 0x2112a442;
export const HEADER_BYTES = 20;
export const TRANSACTION_ID_BYTES = 12;

/** Longer messages are not read: a Binding response with every old attribute has about 200 bytes. */
export const MAX_MESSAGE_BYTES = 1500;

/** Attributes of one message that are read; servers send about seven. */
export const MAX_ATTRIBUTES = 32;

/** Message types: class and method in one number (RFC 8489, section 5). */
export const MESSAGE_TYPE = {
  bindingRequest: 0x0001,
  bindingSuccess: 0x0101,
  bindingError: 0x0111,
} as const;

/** Attribute types (RFC 8489, section 14; RFC 5780, section 7; the rest is RFC 3489's and its drafts'). */
export const ATTRIBUTE = {
  mappedAddress: 0x0001,
  responseAddress: 0x0002,
  changeRequest: 0x0003,
  sourceAddress: 0x0004,
  changedAddress: 0x0005,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  unknownAttributes: 0x000a,
  reflectedFrom: 0x000b,
  xorMappedAddress: 0x0020,
  xorMappedAddressOfDrafts: 0x8020,
  fingerprint: 0x8028,
  responseOrigin: 0x802b,
  otherAddress: 0x802c,
} as const;

/** An attribute with a smaller number must be understood, or the message cannot be used (RFC 8489, section 14). */
export const FIRST_OPTIONAL_ATTRIBUTE = 0x8000;

/** What CRC-32 is combined with, so that it differs from that of other protocols (RFC 8489, section 14.7). */
export const FINGERPRINT_XOR = 0x5354554e;

/** Flags of CHANGE-REQUEST (RFC 5780, section 7.2). */
export const CHANGE_IP = 0x04;
export const CHANGE_PORT = 0x02;

/** When an attempt sends its datagrams, and when it gives up, in milliseconds from its start. */
export interface Schedule {
  sendAt: readonly number[];
  giveUpAfter: number;
}

/**
 * The waits grow as in RFC 8489, but theirs start at 500 ms and end after 39.5 s, and a report has 3 s. The first
 * waits are short because a loss is likelier than a round trip of more than 250 ms. An answer that comes late still
 * counts.
 */
export const BINDING_SCHEDULE: Schedule = { sendAt: [0, 250, 600, 1100, 1600], giveUpAfter: 2200 };

/** If 3.5 times the time that a relay took is less: five datagrams, and 0.8 s in all. */
const NEARBY_SCHEDULE: Schedule = { sendAt: [0, 100, 220, 360, 520], giveUpAfter: 800 };
const NEARBY_TIMES = 3.5;

/**
 * For requests whose answer is expected.
 *
 * @param relayMs - after how many milliseconds a relay answered over UDP, with lookup and handshake; undefined: none
 *   has
 */
export function bindingSchedule(relayMs: number | undefined): Schedule {
  const isNearby = relayMs !== undefined && NEARBY_TIMES * relayMs <= NEARBY_SCHEDULE.giveUpAfter;
  return isNearby ? NEARBY_SCHEDULE : BINDING_SCHEDULE;
}

/**
 * These requests test for silence, so silence must not come from lost datagrams: six are sent, over some time, since
 * losses come in bursts. On a fast path bursts are short, and its round-trip time is known by now.
 */
const CHANGE_SEND_AT = [0, 80, 160, 280, 440, 640] as const;
const CHANGE_FULL_PACE_RTT_MS = 40;
const CHANGE_FASTEST_PACE = 0.4;
const CHANGE_WAIT_MS = 250;
const CHANGE_MIN_WAIT_MS = 120;
const CHANGE_MAX_WAIT_MS = 1000;

/** For requests whose answer a filter may drop. `rttMs`: how long the server just took to answer. */
export function changeSchedule(rttMs: number): Schedule {
  const pace = Math.min(1, Math.max(CHANGE_FASTEST_PACE, rttMs / CHANGE_FULL_PACE_RTT_MS));
  const sendAt = CHANGE_SEND_AT.map((ms) => ms * pace);
  const wait = Math.min(CHANGE_MAX_WAIT_MS, Math.max(CHANGE_MIN_WAIT_MS, CHANGE_WAIT_MS * pace, 2 * rttMs));
  return { sendAt, giveUpAfter: Math.max(...sendAt) + wait };
}

/** Send errors that another try does not change: this machine itself refuses. */
export const LOCAL_REFUSALS: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'EINVAL']);
