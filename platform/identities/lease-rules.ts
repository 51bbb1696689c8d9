/**
 * When an identity changes hands. Pure: what was seen and when comes in, what to do comes out.
 *
 * No clock is compared with another one. A holder counts up (`beat`) in the row of its identity; whoever has seen the
 * same number for long enough, by its own monotonic clock and with answers of the database all the while, may take the
 * identity. That may be wrong: the holder may be slow, or stopped for a while. It costs a change of hands and never data,
 * since taking raises the `token` without which the database refuses every write in the identity's name.
 */
import type { EndpointId } from 'iroh-net-diagnostics/services';

/** All in milliseconds. */
export interface LeaseTimes {
  /** A holder counts up this often. */
  renewMs: number;
  /** Everybody looks at all identities this often. */
  lookMs: number;
  /** An identity whose holder has not counted up for so long is free. Three renewals. */
  takeMs: number;
  /** A process that has its share of the identities leaves a free one to others for so long. */
  aboveShareMs: number;
  /** A holder without answers of the database goes on for so long: it may be away for everybody. */
  patienceMs: number;
  /** An answer that takes longer is none. */
  answerMs: number;
}

export const LEASE_TIMES: LeaseTimes = {
  renewMs: 2_000,
  lookMs: 1_000,
  takeMs: 6_000,
  aboveShareMs: 3_000,
  patienceMs: 60_000,
  answerMs: 2_000,
};

/** A renewal that failed at once is tried again after so long. Milliseconds. */
const PAUSE_MS = 250;

/** What the rules need of an identity's row. */
export interface LeaseRow {
  id: EndpointId;
  /** `null`: given back, or never held. */
  holder: string | null;
  token: number;
  beat: number;
}

/** One answered question for all identities. Times are of a monotonic clock. */
export interface Look<Row extends LeaseRow = LeaseRow> {
  askedAt: number;
  answeredAt: number;
  rows: readonly Row[];
}

/** What a process has seen of the identities so far. */
export interface Watch {
  /** When the last look was answered. */
  at: number;
  /** Each identity as it is, and since when it has been seen like this. */
  sightings: ReadonlyMap<EndpointId, { token: number; beat: number; since: number }>;
}

/** Also after a question without an answer: holders could not count up either, and get the whole time again. */
export const NOTHING_SEEN: Watch = { at: Number.NEGATIVE_INFINITY, sightings: new Map() };

/** Adds a look to what was seen before. */
export function watchOn(before: Watch, look: Look, times: LeaseTimes): Watch {
  // In a long gap between two looks this process did not run, and the database may have been away meanwhile.
  const isGap = look.askedAt - before.at > times.takeMs / 2;
  const known = isGap ? NOTHING_SEEN.sightings : before.sightings;
  const sightings = new Map(
    look.rows.map(({ id, token, beat }) => {
      const last = known.get(id);
      const isSame = last?.token === token && last.beat === beat;
      return [id, isSame ? last : { token, beat, since: look.answeredAt }];
    }),
  );
  return { at: look.answeredAt, sightings };
}

/** The process that asks. */
export interface Candidate {
  /** Its name in the rows, which no other process has, not even its own successor. */
  holder: string;
  /** What it holds. */
  held: ReadonlySet<EndpointId>;
  /** Whether no other process can be there: then what is held by another name is held by a dead one. */
  isAlone: boolean;
}

/**
 * The identities that `candidate` may take now, those first that have been free for longest, and how many of them it should
 * take: the rest is left to processes that have less.
 */
export function toTake<Row extends LeaseRow>(
  { sightings }: Watch,
  { askedAt, rows }: Look<Row>,
  { holder, held, isAlone }: Candidate,
  times: LeaseTimes,
): { rows: Row[]; atMost: number } {
  const others = rows
    .filter(({ id }) => !held.has(id))
    .map((row) => {
      // Its own name without holding it: a take whose answer was late.
      if (isAlone || row.holder === holder) return { row, freeFor: Number.MAX_VALUE };
      // Nothing is known of the time before the first look, nor of that between the question and its answer.
      const quietFor = askedAt - (sightings.get(row.id)?.since ?? askedAt);
      return { row, freeFor: row.holder === null ? Math.max(0, quietFor) : quietFor - times.takeMs };
    });
  const free = others.filter(({ freeFor }) => freeFor >= 0).sort((a, b) => b.freeFor - a.freeFor);
  const dead = new Set(free.map(({ row }) => row.holder));
  const alive = new Set(others.map(({ row }) => row.holder).filter((name) => !dead.has(name)));
  const share = Math.ceil(rows.length / (alive.size + 1));
  const left = free.filter(({ freeFor }) => freeFor >= times.aboveShareMs);
  return { rows: free.map(({ row }) => row), atMost: Math.max(share - held.size, left.length) };
}

/** Why a process no longer holds an identity. */
export type LossReason =
  /** Another process has taken it. */
  | 'taken'
  /** Its row is gone. */
  | 'removed'
  /** This process did not run for so long that another may have taken it, and the database does not say. */
  | 'frozen'
  /** The database has not answered for too long. */
  | 'unanswered'
  /** What begins with the identity failed. */
  | 'failed'
  /** This process stops. */
  | 'stopped';

/** What a holder knows of its lease. Times are of a monotonic clock. */
export interface Standing {
  /** When the question was asked that showed last that it is the holder. */
  sureAt: number;
  /** When it last asked. */
  askedAt: number;
}

/** A holder's question and what came of it. */
export interface Renewal {
  askedAt: number;
  /** `'none'`: no answer, or an error. */
  answer: 'kept' | 'gone' | 'none';
  /** When the answer came, or was no longer waited for. */
  answeredAt: number;
}

/** @returns the new standing, and when to renew next; or why the identity is lost */
export function renewed(
  { sureAt, askedAt: askedBefore }: Standing,
  { askedAt, answer, answeredAt }: Renewal,
  times: LeaseTimes,
): { standing: Standing; nextAt: number } | { lost: LossReason } {
  if (answer === 'gone') return { lost: 'taken' };
  // From the question on, not from its answer: after a pause in between the next renewal is overdue, and comes at once.
  if (answer === 'kept') return { standing: { sureAt: askedAt, askedAt }, nextAt: askedAt + times.renewMs };
  // The database need not have been away for everybody, as it may be for one that asks all the time.
  if (askedAt - askedBefore > times.takeMs) return { lost: 'frozen' };
  if (answeredAt - sureAt >= times.patienceMs) return { lost: 'unanswered' };
  const nextAt = Math.max(askedAt + times.lookMs, answeredAt + PAUSE_MS);
  return { standing: { sureAt, askedAt }, nextAt };
}
