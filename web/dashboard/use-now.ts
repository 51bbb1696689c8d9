import { useEffect, useState } from 'preact/hooks';

/** Ages grow without an event. */
const TICK_MS = 10_000;

/** The time, unix milliseconds. The component is shown anew as it passes. */
export function useNow(): number {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return Date.now();
}
