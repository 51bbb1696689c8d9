/**
 * Remembers each answer for some time, and asks once for all who ask at the same time.
 * @param ask - its keys are few
 * @param forMs - from the asking; a refusal is not remembered
 */
export function cached<Key, T>(ask: (key: Key) => Promise<T>, forMs: number): (key: Key) => Promise<T> {
  const answers = new Map<Key, { at: number; answer: Promise<T> }>();
  return (key) => {
    const known = answers.get(key);
    const now = performance.now();
    if (known !== undefined && now - known.at < forMs) return known.answer;
    const entry = { at: now, answer: ask(key) };
    answers.set(key, entry);
    entry.answer.catch(() => {
      if (answers.get(key) === entry) answers.delete(key);
    });
    return entry.answer;
  };
}
