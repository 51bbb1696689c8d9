import { onTestFinished } from 'vitest';

/** The rejections that nobody catches until the test ends: of the first of them, a process with no listener ends. */
export function unhandledRejections(): readonly unknown[] {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  return unhandled;
}
