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

/** Student's t for a two-sided 95 % interval, by degrees of freedom from 1; from 15 on it hardly changes. */
const T_95 = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14];

/** The mean, and its 95 % interval. NaN for less than two values. */
export function meanInterval(values: readonly number[]): [mean: number, low: number, high: number] {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1));
  const width = ((T_95[n - 2] ?? 2.12) * deviation) / Math.sqrt(n);
  return [mean, mean - width, mean + width];
}
