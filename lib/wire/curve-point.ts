/**
 * Which 32 bytes are a usable point of edwards25519 (RFC 8032, section 5.1.3). Only public bytes are checked here, so the
 * code need not run in constant time. node:crypto signs and verifies.
 */

/** The field's prime, 2²⁵⁵ − 19. */
const P = 2n ** 255n - 19n;

/** The curve's constant: −121665 / 121666 in the field. */
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

const SIGN_BIT = 1n << 255n;

/** The eight points whose order divides 8, in their canonical form. */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  '0100000000000000000000000000000000000000000000000000000000000000',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  '0000000000000000000000000000000000000000000000000000000000000000',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
]);

/** Whether these bytes are the canonical form of one of the eight points of small order. */
export function isSmallOrderPoint(bytes: Uint8Array): boolean {
  return SMALL_ORDER.has(Buffer.from(bytes).toString('hex'));
}

/** The y coordinates of the eight points. */
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([...SMALL_ORDER].map((hex) => read(hex) & ~SIGN_BIT));

/**
 * Whether 32 bytes are a point of small order in any form, or not in canonical form. A verifier must refuse these; OpenSSL
 * checks the rest. It costs a hundredth of {@link isCanonicalPoint}.
 */
export function isWeakForm(bytes: Uint8Array): boolean {
  const y = read(Buffer.from(bytes).toString('hex')) & ~SIGN_BIT;
  return y >= P || SMALL_ORDER_Y.has(y);
}

/** Whether these 32 bytes are the canonical form of a point on the curve. */
export function isCanonicalPoint(bytes: Uint8Array): boolean {
  const encoded = read(Buffer.from(bytes).toString('hex'));
  const y = encoded & ~SIGN_BIT;
  if (y >= P) return false;
  // −x² + y² = 1 + d·x²·y², hence x² = (y² − 1) / (d·y² + 1). The divisor is never 0: −1/d is no square.
  const ySquared = (y * y) % P;
  const u = ySquared === 0n ? P - 1n : ySquared - 1n;
  const v = (D * ySquared + 1n) % P;
  // For x = 0 the sign bit must be 0.
  if (u === 0n) return (encoded & SIGN_BIT) === 0n;
  // A quotient is a square exactly when the product is.
  return isSquare((u * v) % P);
}

/** A little-endian number. */
function read(hex: string): bigint {
  return BigInt(`0x${Buffer.from(hex, 'hex').reverse().toString('hex')}`);
}

/** Euler's criterion, for a number that is not 0: `a^((P − 1) / 2)` is 1 for squares. (P − 1) / 2 = 16·(2²⁵⁰ − 1) + 6. */
function isSquare(a: bigint): boolean {
  // `aN` is a^(2^N − 1).
  const a2 = (squared(a, 1) * a) % P;
  const a5 = (squared((squared(a2, 2) * a2) % P, 1) * a) % P;
  const a10 = (squared(a5, 5) * a5) % P;
  const a20 = (squared(a10, 10) * a10) % P;
  const a40 = (squared(a20, 20) * a20) % P;
  const a50 = (squared(a40, 10) * a10) % P;
  const a100 = (squared(a50, 50) * a50) % P;
  const a200 = (squared(a100, 100) * a100) % P;
  const a250 = (squared(a200, 50) * a50) % P;
  return (squared(a250, 4) * squared((squared(a, 1) * a) % P, 1)) % P === 1n;
}

/** `value`, squared `times` times. */
function squared(value: bigint, times: number): bigint {
  let result = value;
  for (let round = 0; round < times; round += 1) result = (result * result) % P;
  return result;
}
