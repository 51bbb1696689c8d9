/** The dashboard's limits. Normal use is a team with a few tabs each; anything more is a mistake or an attack. */
import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';

/**
 * What is allowed of TLS: 1.2 and 1.3 with forward secrecy and authenticated encryption, as Mozilla's "intermediate" list has it.
 * Renegotiation, by which one client makes the server calculate again and again, is not.
 */
export const TLS: SecureContextOptions = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
};
/** How long answers that were begun may take when the platform stops. Milliseconds. */
export const DRAIN_MS = 5_000;
/** Longest request body in bytes: a label or a login token. */
export const MAX_BODY = 16 * 1024;
/** Longest request head in bytes. */
export const MAX_HEAD = 8 * 1024;
/** TCP connections at once, per address family. */
export const MAX_CONNECTIONS = 512;
/** Live streams at once of one project, and of one caller; one more ends the oldest. */
export const MAX_LIVE = 128;
export const MAX_LIVE_OF_ONE = 16;
/** Interval of a comment on idle streams, in milliseconds: dead ones are noticed, and proxies do not cut them. */
export const HEARTBEAT_MS = 15_000;
/** A stream is cut when more bytes are unsent: its browser sleeps, and loads everything again when it wakes. */
export const MAX_LIVE_BACKLOG = 256 * 1024;
/** Live messages about changed endpoints come at most this often, in milliseconds. */
export const LIVE_PACE_MS = 250;
/** When more endpoints than these change at once, browsers are told that many did, and not which. */
export const MAX_LIVE_IDS = 100;
/** How long a request's head, and the whole request, may take to arrive. Milliseconds. */
export const HEAD_TIMEOUT_MS = 5_000;
export const REQUEST_TIMEOUT_MS = 10_000;
/**
 * A connection without traffic for this long, in milliseconds, is cut, also in the middle of an answer that nobody
 * reads. Live streams have traffic each {@link HEARTBEAT_MS}.
 */
export const IDLE_TIMEOUT_MS = 45_000;
/** Reports in one answer about an endpoint's history, unless more are asked for, and at most. */
export const HISTORY_PAGE = 50;
export const MAX_HISTORY = 500;
/** What a request for a list may select by. Characters of a text; attributes; ids of endpoints, which fit {@link MAX_HEAD}. */
export const MAX_QUERY_TEXT = 512;
export const MAX_QUERY_ATTRIBUTES = 16;
export const MAX_QUERY_IDS = 100;
/** Longest place in a list, in characters: a name of 128 bytes, of which each may be written with six. */
export const MAX_CURSOR = 2_048;
/** The fleet is counted at most this often, in milliseconds. */
export const FLEET_CACHE_MS = 1_000;
/** Lines of a metrics table: an iroh endpoint has about 300. */
export const MAX_METRIC_ROWS = 2_000;
/** Attributes of an endpoint that a list has: it may have 128 of 256 bytes. */
export const MAX_ROW_ATTRIBUTES = 6;
