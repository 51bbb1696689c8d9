/** The whole packet number from its last bytes (RFC 9000 appendix A.3). `largest` is -1 before the first. */
export function decodePacketNumber(largest: number, truncated: number, bytes: number): number {
  const window = 2 ** (8 * bytes);
  const expected = largest + 1;
  const candidate = expected - (expected % window) + truncated;
  if (candidate <= expected - window / 2) return candidate + window;
  if (candidate > expected + window / 2 && candidate >= window) return candidate - window;
  return candidate;
}
