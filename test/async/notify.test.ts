import { describe, expect, it } from 'vitest';
import { notify } from '../../lib/async/notify.js';
import { settle } from '../support/fake-time.js';
import { unhandledRejections } from '../support/unhandled-rejections.js';

describe('an observer', () => {
  it('gets what happened', () => {
    const seen: unknown[] = [];
    notify((...values: [string, number]) => void seen.push(values), 'a', 1);
    notify(undefined);
    expect(seen).toEqual([['a', 1]]);
  });

  it('that throws is ignored', () => {
    const observer = () => {
      throw new Error('an observer fault');
    };
    expect(() => notify(observer)).not.toThrow();
  });

  it('that is async and rejects does not end the process', async () => {
    const unhandled = unhandledRejections();
    notify(async () => {
      throw new Error('an observer fault');
    });
    await settle();
    expect(unhandled).toEqual([]);
  });

  it('that gives back a promise of another library is listened to as well', async () => {
    const catchers: unknown[] = [];
    // biome-ignore lint/suspicious/noThenProperty: it stands for a promise of another library
    notify(() => ({ then: (_: unknown, onRejected: unknown) => void catchers.push(onRejected) }));
    await settle();
    expect(catchers).toEqual([expect.any(Function)]);
  });

  it('whose result cannot be looked at is ignored', async () => {
    const unhandled = unhandledRejections();
    notify(() => ({
      // biome-ignore lint/suspicious/noThenProperty: the fault of the observer
      get then() {
        throw new Error('an observer fault');
      },
    }));
    await settle();
    expect(unhandled).toEqual([]);
  });
});
