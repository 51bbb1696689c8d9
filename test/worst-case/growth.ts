/** How much more of the same is given the second time: linear work then takes 8 times as long, quadratic 64 times. */
const TIMES = 8;
/** Between the two, with room for a busy machine. */
const MAX_GROWTH = 24;
/** What takes no longer for the big input is too quick to be compared: quadratic work would take a second. Milliseconds. */
const QUICK_MS = 30;
const ROUNDS = 3;

/** Milliseconds of the processor in the fastest of some rounds: what else the machine does meanwhile is not counted. */
function duration(work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS && best > QUICK_MS; round += 1) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1_000);
  }
  return best;
}

/**
 * Whether the time that `feed` takes grows faster than its input. Looked at from small to big: what is quadratic is
 * found before it takes minutes.
 * @param feed - builds an input of about so many bytes, and gives what reads it
 * @returns `null` when it does not; what was measured otherwise
 */
export function superlinear(feed: (size: number) => () => void, size: number): string | null {
  let small = duration(feed(size / TIMES ** 2));
  for (const length of [size / TIMES, size]) {
    const big = duration(feed(length));
    const grown = big > QUICK_MS && big / small > MAX_GROWTH;
    // Again: it may have been the machine, or the garbage of what was read before.
    const growsAgain = () => duration(feed(length)) / duration(feed(length / TIMES)) > MAX_GROWTH;
    if (grown && growsAgain() && growsAgain() && growsAgain()) {
      return `${small.toFixed(2)} ms, ${TIMES} times as much in ${big.toFixed(2)} ms`;
    }
    small = big;
  }
  return null;
}

/** Reads, whatever comes of it: worst inputs are refused by most readers, in the end. */
export function quietly<T>(read: (input: T) => unknown): (input: T) => void {
  return (input) => {
    try {
      read(input);
    } catch (error) {
      // A refusal is as good as a result; a mistake, also of this test, is none, nor is a stack that was too small.
      const isMistake = error instanceof TypeError || error instanceof RangeError;
      if (isMistake && !('code' in error)) throw error;
    }
  };
}
