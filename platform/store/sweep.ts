/** What is too old, and what is too much: found and removed in small steps. */
import type { EndpointRef } from 'iroh-net-diagnostics/services';
import type { Kysely } from 'kysely';
import { type Dropped, dropPoints, dropReports, dropRuns, type EndpointKey, forgetSome } from './drop.js';
import { dropAudit, dropEnded } from './drop-people.js';
import { dropSomeOfProject } from './drop-project.js';
import { endpointId } from './rows.js';
import type { Tables } from './schema.js';
import type { SqlDatabase } from './sql-database.js';

/** Endpoints that are looked at in one step. */
const MAX_LOOKED_AT = 500;
/** Of each secret and project so many of the biggest endpoints are known at the end of a round: they give way. */
const MAX_BIGGEST = 50;

/** What is kept at most. Times are unix milliseconds. */
export interface Limits {
  reportsSince: number;
  reportsPerEndpoint: number;
  reportsPerProject: number;
  pointsPerProject: number;
  runsSince: number;
  auditSince: number;
  auditEntries: number;
  /** What has ended on its own by then goes: sign-ins, codes, and tokens a while later. */
  now: number;
  endpointsSeenSince: number;
  bytesPerEndpoint: number;
  bytesPerSecret: number;
}

/** An endpoint that was forgotten; usually none was. */
export type Swept = EndpointRef | undefined;

interface Holder extends EndpointKey {
  issuer: string;
  reports: number;
  reportBytes: number;
  points: number;
  pointBytes: number;
}

/** Who shares a limit. */
class Pot {
  reports = 0;
  points = 0;
  bytes = 0;
  #biggest: Holder[] = [];

  add(holder: Holder, size: (holder: Holder) => number): void {
    this.reports += holder.reports;
    this.points += holder.points;
    this.bytes += bytesOf(holder);
    this.#biggest.push(holder);
    if (this.#biggest.length < 2 * MAX_BIGGEST) return;
    this.#sort(size);
  }

  biggest(size: (holder: Holder) => number): Holder | undefined {
    this.#sort(size);
    return this.#biggest[0];
  }

  #sort(size: (holder: Holder) => number): void {
    this.#biggest = this.#biggest.toSorted((a, b) => size(b) - size(a)).slice(0, MAX_BIGGEST);
  }
}

const bytesOf = (holder: Holder): number => holder.reportBytes + holder.pointBytes;
const pointsOf = (holder: Holder): number => holder.points;

/**
 * Goes once through everything and removes what is beyond the limits: by age; then the oldest of an endpoint or of a project
 * that has too many; then of the biggest endpoint of a secret that holds too many bytes.
 * Each turn of the iterator is one short transaction, after which others may go on; it can be left off after any. What a
 * turn gives is an endpoint that is forgotten now.
 */
export async function* sweep({ tables: database }: SqlDatabase, limits: Limits): AsyncGenerator<Swept> {
  const once = <T>(work: (tables: Kysely<Tables>) => Promise<T>) => database.transaction().execute(work);
  // Of two transactions that wait for each other PostgreSQL ends one. A database that is away fails again.
  const step: Step = (work) => once(work).catch(() => once(work));
  while (await step((tables) => dropRuns(tables, limits.runsSince))) yield;
  while (await step((tables) => dropEnded(tables, limits.now))) yield;
  while (await step((tables) => dropAudit(tables, limits.auditSince, limits.auditEntries))) yield;
  const all = await database.selectFrom('projects').select(['id', 'removed_at']).execute();
  for (const { id } of all.filter(({ removed_at: removedAt }) => removedAt !== null))
    while (await step((tables) => dropSomeOfProject(tables, id))) yield;
  const projects = all.filter(({ removed_at: removedAt }) => removedAt === null);
  const oldest = reportIdAt(limits.reportsSince);
  for (const { id: project } of projects) {
    while ((await step((tables) => dropReports(tables, { project, before: oldest }))).count > 0) yield;
    yield* sweepProject(database, step, project, limits);
  }
}

type Step = <T>(work: (tables: Kysely<Tables>) => Promise<T>) => Promise<T>;

async function* sweepProject(
  database: Kysely<Tables>,
  step: Step,
  project: string,
  limits: Limits,
): AsyncGenerator<Swept> {
  const whole = new Pot();
  const secrets = new Map<string, Pot>();
  for (let after = ''; ; ) {
    const holders = await holdersAfter(database, project, after);
    yield;
    for (const { seenAt, ...holder } of holders) {
      if (seenAt < limits.endpointsSeenSince) {
        if (yield* forget(step, holder, limits.endpointsSeenSince))
          yield { project, id: endpointId(holder, 'id') };
        continue;
      }
      yield* keepReports(step, holder, holder.reports - limits.reportsPerEndpoint);
      yield* giveWay(step, holder, bytesOf(holder) - limits.bytesPerEndpoint);
      whole.add(holder, pointsOf);
      const secret = secrets.get(holder.issuer) ?? new Pot();
      secret.add(holder, bytesOf);
      secrets.set(holder.issuer, secret);
    }
    const last = holders.at(-1);
    if (last === undefined) break;
    after = last.id;
  }
  for (let excess = whole.reports - limits.reportsPerProject; excess > 0; yield) {
    const { count } = await step((tables) => dropReports(tables, { project, most: excess }));
    excess = count === 0 ? 0 : excess - count;
  }
  for (let excess = whole.points - limits.pointsPerProject; excess > 0; yield) {
    const holder = whole.biggest(pointsOf);
    const count = holder === undefined ? 0 : (await takePoints(step, holder)).count;
    excess = count === 0 ? 0 : excess - count;
  }
  for (const secret of secrets.values()) {
    for (let excess = secret.bytes - limits.bytesPerSecret; excess > 0; yield) {
      const holder = secret.biggest(bytesOf);
      const bytes = holder === undefined ? 0 : await takeBytes(step, holder, excess);
      excess = bytes === 0 ? 0 : excess - bytes;
    }
  }
}

/** @returns whether it is forgotten; otherwise it was seen meanwhile */
async function* forget(step: Step, holder: Holder, unseenSince: number): AsyncGenerator<Swept, boolean> {
  for (;;) {
    const forgotten = await step((tables) => forgetSome(tables, holder, unseenSince));
    if (forgotten !== 'in part') return forgotten === 'whole';
    yield;
  }
}

async function* keepReports(step: Step, holder: Holder, excess: number): AsyncGenerator<Swept> {
  const { project, id: endpointId } = holder;
  for (let rest = excess; rest > 0; yield) {
    const dropped = await step((tables) => dropReports(tables, { project, endpointId, most: rest }));
    holder.reports -= dropped.count;
    holder.reportBytes -= dropped.bytes;
    rest = dropped.count === 0 ? 0 : rest - dropped.count;
  }
}

async function* giveWay(step: Step, holder: Holder, excess: number): AsyncGenerator<Swept> {
  for (let rest = excess; rest > 0; yield) {
    const bytes = await takeBytes(step, holder, rest);
    rest = bytes === 0 ? 0 : rest - bytes;
  }
}

/** Takes of what the endpoint has more of. @returns bytes; 0: it has nothing */
async function takeBytes(step: Step, holder: Holder, most: number): Promise<number> {
  const { project, id: endpointId } = holder;
  if (holder.pointBytes > holder.reportBytes) {
    const dropped = await takePoints(step, holder);
    if (dropped.count > 0) return Math.max(1, dropped.bytes);
  }
  const dropped = await step((tables) => dropReports(tables, { project, endpointId, bytes: most }));
  holder.reports -= dropped.count;
  holder.reportBytes = dropped.count === 0 ? 0 : holder.reportBytes - dropped.bytes;
  return dropped.bytes;
}

async function takePoints(step: Step, holder: Holder): Promise<Dropped> {
  const dropped = await step((tables) => dropPoints(tables, holder));
  holder.points = dropped.count === 0 ? 0 : holder.points - dropped.count;
  holder.pointBytes = dropped.count === 0 ? 0 : holder.pointBytes - dropped.bytes;
  return dropped;
}

async function holdersAfter(tables: Kysely<Tables>, project: string, after: string) {
  const rows = await tables
    .selectFrom('endpoints')
    .select(['id', 'issuer', 'is_online', 'last_seen_at'])
    .select(['report_count', 'stored_bytes', 'point_count', 'point_bytes'])
    .where('project', '=', project)
    .where('id', '>', after)
    .orderBy('id')
    .limit(MAX_LOOKED_AT)
    .execute();
  return rows.map((row) => ({
    ...{ project, id: row.id, issuer: row.issuer },
    reports: Number(row.report_count),
    reportBytes: Number(row.stored_bytes),
    points: Number(row.point_count),
    pointBytes: Number(row.point_bytes),
    seenAt: Number(row.is_online) === 1 ? Number.POSITIVE_INFINITY : Number(row.last_seen_at),
  }));
}

/** Sorts before every report of that time or later. */
function reportIdAt(time: number): string {
  return Math.max(0, time).toString(16).padStart(12, '0');
}
