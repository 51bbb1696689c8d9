/** Longest varint of a u64, in bytes (10 × 7 bits ≥ 64 bits). */
export const MAX_VARINT_BYTES = 10;

export const MAX_U16 = 0xffff;
export const MAX_U32 = 0xffff_ffff;
export const MAX_U64 = 0xffff_ffff_ffff_ffffn;
export const MIN_I64 = -0x8000_0000_0000_0000n;
export const MAX_I64 = 0x7fff_ffff_ffff_ffffn;

/**
 * Items that all collections of one message may hold together. Counts are also checked against the bytes that are left,
 * but a two-byte item becomes an object of about sixty bytes and takes half a microsecond: without this limit a 16 MiB
 * message could need half a gigabyte and several seconds. An iroh endpoint sends about 300 metrics.
 */
export const MAX_ITEMS_PER_MESSAGE = 65_536;

/** Longest relay URL, in UTF-8 bytes: the length that servers and browsers commonly allow. */
export const MAX_RELAY_URL_BYTES = 2048;

/** Limits of the official service for an endpoint's name, its group and an attribute's key, in bytes. */
export const MIN_NAME_BYTES = 2;
export const MAX_NAME_BYTES = 128;

/** Limits of the official service for attributes: bytes of a value, which may be empty, and number of entries. */
export const MAX_ATTRIBUTE_VALUE_BYTES = 128;
export const MAX_ATTRIBUTES = 128;

/**
 * Durations are below 2^51 ns (26 days). Up to this limit a number of milliseconds can represent every whole nanosecond:
 * dividing by 10^6 and multiplying again changes it by less than half a nanosecond.
 */
export const MAX_DURATION_NS = 2 ** 51 - 1;
