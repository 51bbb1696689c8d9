/** How runs lie in their table. */
import type {
  EndpointId,
  EndpointRef,
  ProjectId,
  RunFailureKind,
  RunPhase,
} from 'iroh-net-diagnostics/services';
import type { ExpressionBuilder, Selectable } from 'kysely';
import { databaseTime } from './dialect.js';
import { endpointId } from './rows.js';
import type { Tables } from './schema.js';
import type { Dialect } from './sql-database.js';

/** How far a run is: asked for; claimed by the process that has the endpoint's session; over, with or without a report. */
export type RunState = 'queued' | 'running' | 'done' | 'failed';

/** What a run is doing, once it is claimed. */
type WorkPhase = Exclude<RunPhase, 'done' | 'failed'>;

/** Who asked for a run: a caller, or a program that holds the platform itself. */
export interface Requester {
  kind: string;
  id: string;
  /** In words. */
  name: string;
}

/** A run of the diagnostics of an endpoint, asked for at any process and carried out by one. Times in unix milliseconds. */
export interface RunRecord {
  id: string;
  project: ProjectId;
  endpointId: EndpointId;
  /** Whose holder carries it out. */
  identity: EndpointId;
  requestedBy: Requester;
  requestedAt: number;
  /** From then on nobody begins it any more. */
  deadlineAt: number;
  state: RunState;
  /** While it runs. */
  phase: WorkPhase | null;
  /** Milliseconds from the request to its end, or until now. */
  elapsedMs: number;
  /** Of a run that is done. */
  reportId: string | null;
  /** Of a run that failed. */
  failure: { kind: RunFailureKind; message: string } | null;
}

/** What is read of a row. */
export const RUN_COLUMNS = [
  ...(['id', 'project', 'endpoint_id', 'identity', 'requested_by'] as const),
  ...(['requester_kind', 'requester_id', 'requested_at', 'deadline_at'] as const),
  ...(['state', 'phase', 'ended_at', 'report_id', 'failure_kind', 'failure_message'] as const),
] as const;

/** The database's time, to be read with {@link RUN_COLUMNS}. */
export function readAt(dialect: Dialect) {
  return databaseTime(dialect).as('read_at');
}

type RunRow = Pick<Selectable<Tables['runs']>, (typeof RUN_COLUMNS)[number]> & { read_at: number | string };

export function toRun(row: RunRow): RunRecord {
  const requestedAt = Number(row.requested_at);
  const { state, phase, failure_kind: kind, failure_message: message } = row;
  return {
    id: row.id,
    project: row.project,
    endpointId: endpointId(row, 'endpoint_id'),
    identity: endpointId(row, 'identity'),
    requestedBy: {
      kind: row.requester_kind ?? 'program',
      id: row.requester_id ?? 'program',
      name: row.requested_by,
    },
    requestedAt,
    deadlineAt: Number(row.deadline_at),
    state: state as RunState,
    phase: phase as WorkPhase | null,
    elapsedMs: Math.max(0, Number(row.ended_at ?? row.read_at) - requestedAt),
    reportId: row.report_id,
    failure: kind === null ? null : { kind: kind as RunFailureKind, message: message ?? '' },
  };
}

/** Rows that are not over. */
export function isActive({ eb }: ExpressionBuilder<Tables, 'runs'>) {
  return eb('runs.state', 'in', ['queued', 'running']);
}

/** Of one endpoint. */
export function isOf({ project, id }: EndpointRef) {
  return ({ and, eb }: ExpressionBuilder<Tables, 'runs'>) =>
    and([eb('runs.project', '=', project), eb('runs.endpoint_id', '=', id)]);
}
