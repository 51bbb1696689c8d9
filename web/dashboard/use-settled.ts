import { useEffect, useState } from 'preact/hooks';
import { TYPING_MS } from './filter-in-url.js';

/** What is typed, once the reader rests. */
export function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
