import { describe, expect, it } from 'vitest';
import {
  type Candidate,
  LEASE_TIMES,
  type LeaseRow,
  NOTHING_SEEN,
  renewed,
  toTake,
  type Watch,
  watchOn,
} from '../../../platform/identities/lease-rules.js';
import { madeUpId } from '../../support/ids.js';

const T = LEASE_TIMES;
const [A, B, C, D] = [madeUpId('a'), madeUpId('b'), madeUpId('c'), madeUpId('d')];
const row = (id: LeaseRow['id'], holder: string | null, token = 1, beat = 1): LeaseRow => ({
  ...{ id, holder, token, beat },
});
const me = (...held: LeaseRow['id'][]): Candidate => ({
  ...{ holder: 'me', held: new Set(held), isAlone: false },
});

/** Looks at the given times (seconds), each answered after 10 ms, and says what may be taken at the last. */
function watch(looks: [at: number, rows: LeaseRow[]][], candidate = me()) {
  let seen: Watch = NOTHING_SEEN;
  let result = { ids: [] as string[], atMost: 0 };
  for (const [at, rows] of looks) {
    const look = { askedAt: at * 1000, answeredAt: at * 1000 + 10, rows };
    seen = watchOn(seen, look, T);
    const { rows: free, atMost } = toTake(seen, look, candidate, T);
    result = { ids: free.map(({ id }) => id), atMost };
  }
  return result;
}

/** The same rows at each second from `from` to `to`. */
const each = (from: number, to: number, rows: LeaseRow[]): [number, LeaseRow[]][] =>
  Array.from({ length: to - from + 1 }, (_, index) => [from + index, rows]);

describe('an identity is free', () => {
  const HELD = [row(A, 'other')];

  it('at once when it was given back, or never held', () => {
    expect(watch([[0, [row(A, null, 0, 0)]]]).ids).toEqual([A]);
  });

  it('when its holder has not counted up for six seconds, and not before', () => {
    expect(watch(each(0, 6, HELD)).ids).toEqual([]);
    expect(watch(each(0, 7, HELD)).ids).toEqual([A]);
  });

  it('never while the holder counts up, however late', () => {
    const looks = Array.from({ length: 100 }, (_, at): [number, LeaseRow[]] => [
      at,
      [row(A, 'other', 1, Math.floor(at / 5))],
    ]);
    for (let upTo = 1; upTo <= looks.length; upTo += 1) expect(watch(looks.slice(0, upTo)).ids).toEqual([]);
  });

  it('six seconds after it changed hands, not after its number was seen for the first time', () => {
    const changed = [row(A, 'another', 2, 1)];
    expect(watch([...each(0, 5, HELD), ...each(6, 12, changed)]).ids).toEqual([]);
    expect(watch([...each(0, 5, HELD), ...each(6, 13, changed)]).ids).toEqual([A]);
  });

  it('not for one that was stopped itself meanwhile, or asked in vain: it begins to watch anew', () => {
    expect(watch([...each(0, 2, HELD), [60, HELD]]).ids).toEqual([]);
    expect(watch([...each(0, 2, HELD), ...each(60, 66, HELD)]).ids).toEqual([]);
    expect(watch([...each(0, 2, HELD), ...each(60, 67, HELD)]).ids).toEqual([A]);
  });

  it('six seconds after a first look that was answered late: the time of the question does not count', () => {
    const late = { askedAt: 0, answeredAt: 1_900, rows: HELD };
    const seen = watchOn(NOTHING_SEEN, late, T);
    const at = (askedAt: number) => {
      const look = { askedAt, answeredAt: askedAt, rows: HELD };
      let on = seen;
      for (let ms = 3_000; ms <= askedAt; ms += 1_000)
        on = watchOn(on, { ...look, askedAt: ms, answeredAt: ms }, T);
      return toTake(on, look, me(), T).rows;
    };
    expect(at(7_000)).toEqual([]);
    expect(at(8_000)).toEqual(HELD);
  });

  it('at once for the process whose name it bears without its knowledge: its answer came too late', () => {
    expect(watch([[0, [row(A, 'me', 7)]]]).ids).toEqual([A]);
    expect(watch([[0, [row(A, 'me', 7)]]], me(A)).ids).toEqual([]);
  });

  it('at once for a process that is alone', () => {
    const looks: [number, LeaseRow[]][] = [[0, [row(A, 'before'), row(B, 'before'), row(C, null)]]];
    expect(watch(looks, { ...me(), isAlone: true })).toEqual({ ids: [A, B, C], atMost: 3 });
  });
});

describe('a process takes', () => {
  const free = (...ids: LeaseRow['id'][]) => ids.map((id) => row(id, null));

  it('everything when nobody else is there', () => {
    expect(watch([[0, free(A, B, C)]])).toMatchObject({ atMost: 3 });
  });

  it('its share, rounded up, while others hold some', () => {
    expect(watch([[0, [row(A, 'x'), ...free(B, C, D)]]])).toEqual({ ids: [B, C, D], atMost: 2 });
    expect(watch([[0, [row(A, 'x'), row(B, 'y'), ...free(C, D)]]])).toMatchObject({ atMost: 2 });
    expect(watch([[0, [row(A, 'x'), row(B, 'me'), ...free(C)]]], me(B))).toMatchObject({ atMost: 1 });
    expect(watch([[0, [row(A, 'x'), row(B, 'me'), ...free(C)]]], me(A, B)).atMost).toBe(1);
  });

  it('more than its share when nobody else has wanted it for three seconds', () => {
    const rows = [row(A, 'x'), row(B, 'me'), row(C, 'me'), row(D, null)];
    expect(watch(each(0, 3, rows), me(B, C))).toEqual({ ids: [D], atMost: 0 });
    expect(watch(each(0, 4, rows), me(B, C))).toEqual({ ids: [D], atMost: 1 });
  });

  it('what has been free for longest first', () => {
    const held = [row(A, 'x'), row(B, null), row(C, 'y', 1, 1), row(D, 'z')];
    const now = [row(A, 'x'), row(B, null), row(C, 'y', 1, 2), row(D, 'z')];
    expect(watch([...each(0, 8, held), [9, now]]).ids).toEqual([B, A, D]);
  });

  it('the share of a dead one as well, also before all that it held is free', () => {
    const before = [row(A, 'me'), row(B, 'dead', 1, 1), row(C, 'dead', 1, 1)];
    const after = [row(A, 'me'), row(B, 'dead', 1, 1), row(C, 'dead', 1, 2)];
    expect(watch([...each(0, 1, before), ...each(2, 7, after)], me(A))).toEqual({ ids: [B], atMost: 2 });
  });
});

describe('a holder', () => {
  const sure = { sureAt: 0, askedAt: 0 };
  const tried = (askedAt: number, answer: 'kept' | 'gone' | 'none', took = 10) => ({
    ...{ askedAt, answer, answeredAt: askedAt + took },
  });

  it('renews two seconds after it asked, not after the answer: one that comes after a pause is old', () => {
    expect(renewed(sure, tried(2_000, 'kept'), T)).toEqual({
      standing: { sureAt: 2_000, askedAt: 2_000 },
      nextAt: 4_000,
    });
    expect(renewed(sure, tried(2_000, 'kept', 30_000), T)).toMatchObject({ nextAt: 4_000 });
  });

  it('lets go when its row bears another token', () => {
    expect(renewed(sure, tried(2_000, 'gone'), T)).toEqual({ lost: 'taken' });
  });

  it('goes on without answers for sixty seconds, asking each second, and then lets go', () => {
    let standing = sure;
    let at = 2_000;
    const asked: number[] = [];
    for (;;) {
      asked.push(at);
      const result = renewed(standing, tried(at, 'none'), T);
      if ('lost' in result) {
        expect(result.lost).toBe('unanswered');
        break;
      }
      standing = result.standing;
      at = result.nextAt;
    }
    expect(asked[0]).toBe(2_000);
    expect(asked[1]).toBe(3_000);
    expect(at).toBe(60_000);
  });

  it('does not ask in a hurry when each question is waited for in vain', () => {
    expect(renewed(sure, tried(2_000, 'none', 2_000), T)).toMatchObject({ nextAt: 4_250 });
  });

  it('has the whole sixty seconds again after one answer', () => {
    const result = renewed({ sureAt: 0, askedAt: 58_000 }, tried(59_000, 'kept'), T);
    expect(result).toMatchObject({ standing: { sureAt: 59_000 } });
  });

  it('that was stopped for longer than others wait lets go when the database does not say that it may stay', () => {
    expect(renewed(sure, tried(6_001, 'none'), T)).toEqual({ lost: 'frozen' });
    expect(renewed(sure, tried(6_001, 'kept'), T)).toMatchObject({ standing: { sureAt: 6_001 } });
    expect(renewed({ sureAt: 0, askedAt: 29_000 }, tried(30_000, 'none'), T)).toMatchObject({
      nextAt: 31_000,
    });
  });
});
