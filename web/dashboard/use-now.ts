import { useEffect, useState } from 'preact/hooks';

/** How often to update, in milliseconds: ages grow without an event. */
const TICK_MS = 10_000;

/** The time, unix milliseconds. The component is rendered again as time passes. */
export function useNow(): number {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return Date.now();
}
