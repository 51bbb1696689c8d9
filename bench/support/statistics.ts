/** The value below which the share `p` (0 to 1) of the values lies: the nearest rank. NaN without values. */
export function quantile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Wilson's 95 % interval for a share: where the true one probably lies. */
export function shareInterval(hits: number, of: number): [low: number, high: number] {
  const z = 1.96;
  const share = hits / of;
  const middle = share + z ** 2 / (2 * of);
  const width = z * Math.sqrt((share * (1 - share)) / of + z ** 2 / (4 * of ** 2));
  const scale = 1 + z ** 2 / of;
  return [(middle - width) / scale, (middle + width) / scale];
}
