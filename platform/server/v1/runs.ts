import { hasCode, messageOf } from 'iroh-net-diagnostics/services';
import { type Static, Type } from 'typebox';
import { isOver, toProgress } from '../../runs/index.js';
import type { RunRecord } from '../../store/run-rows.js';
import { callerOf } from '../doors/index.js';
import { HttpError } from '../http-error.js';
import { idIn } from '../id-in.js';
import { Actor, KeyId, nullable, OfEndpoint, ReportId, time, words } from './schemas.js';
import type { Api, ApiContext } from './types.js';

const FAILURES = [
  ...(['unreachable', 'not-served', 'token-refused', 'missing-capability', 'vetoed', 'app-failed'] as const),
  ...(['timed-out', 'bad-answer', 'platform-failed', 'cancelled'] as const),
] as const;

const Phase = words(['connecting', 'authorising', 'running', 'done', 'failed']);
const Failure = Type.Object(
  { kind: words(FAILURES), message: Type.String({ description: 'For an operator.' }) },
  { title: 'RunFailure' },
);

/** How far the run of an endpoint is. */
export const RunProgressSchema = Type.Object(
  {
    endpointId: KeyId,
    phase: Phase,
    startedAt: time(),
    elapsedMs: Type.Number(),
    reportId: Type.Optional(ReportId),
    failure: Type.Optional(Failure),
  },
  { title: 'RunProgress' },
);

const Run = Type.Object(
  {
    id: Type.String(),
    endpointId: KeyId,
    requestedBy: Actor,
    phase: Phase,
    startedAt: time('When it was asked for, unix milliseconds.'),
    elapsedMs: Type.Number({ description: 'From then to its end, or until now. Milliseconds.' }),
    reportId: nullable(ReportId),
    failure: nullable(Failure),
  },
  { title: 'Run', description: 'One run of the diagnostics of an endpoint.' },
);

const OfRun = Type.Object({
  ...OfEndpoint.properties,
  run: Type.String({ pattern: '^[0-9a-f-]{36}$', description: 'The id of the run.' }),
});

const NO_RUN = 'There is no such run.';

function runJson(run: RunRecord): Static<typeof Run> {
  const { endpointId, phase, startedAt, elapsedMs } = toProgress(run);
  const { id, requestedBy, reportId, failure } = run;
  return { id, endpointId, requestedBy, phase, startedAt, elapsedMs, reportId, failure };
}

/** Adds the runs of the diagnostics of endpoints. */
export function addRuns(api: Api, { services, doors }: ApiContext): void {
  const { audit } = doors.people;
  /** @throws HttpError 404 */
  const runOf = async ({ project, endpoint, run: id }: Static<typeof OfRun>): Promise<RunRecord> => {
    const run = await services.run(project, id);
    if (run?.endpointId !== endpoint) throw new HttpError(404, NO_RUN);
    return run;
  };

  api.post(
    '/projects/:project/endpoints/:endpoint/runs',
    {
      config: { needs: 'runs:write' },
      schema: {
        operationId: 'startRun',
        summary: 'Begin a run of the diagnostics, and do not wait for it',
        description: 'What Run Diagnostics does. 409, with the reason, while the button is grey.',
        tags: ['runs'],
        params: OfEndpoint,
        response: { 202: Run },
      },
    },
    async (request, reply) => {
      const { project, endpoint } = request.params;
      const id = idIn(endpoint, 404, 'There is no such endpoint.');
      const by = callerOf(request);
      const note = (run: string) =>
        audit.entry({ by, action: 'run.requested', project, target: endpoint, detail: { run } });
      const run = await services.beginRun({ project, id }, by, note).catch((error: unknown) => {
        throw hasCode(error, 'ERR_STATE')
          ? new HttpError(409, messageOf(error), {}, { code: 'button-grey' })
          : error;
      });
      reply.header('location', `/api/v1/projects/${project}/endpoints/${endpoint}/runs/${run.id}`);
      return reply.code(202).send(runJson(run));
    },
  );

  api.get(
    '/projects/:project/endpoints/:endpoint/runs/:run',
    {
      config: { needs: 'fleet:read' },
      schema: {
        operationId: 'getRun',
        summary: 'How far a run is',
        tags: ['runs'],
        params: OfRun,
        response: { 200: Run },
      },
    },
    async ({ params }) => runJson(await runOf(params)),
  );

  api.delete(
    '/projects/:project/endpoints/:endpoint/runs/:run',
    {
      config: { needs: 'runs:write' },
      schema: {
        operationId: 'cancelRun',
        summary: 'End a run that is under way',
        description: 'It ends in a moment. 409 when it is over.',
        tags: ['runs'],
        params: OfRun,
        response: { 202: Run },
      },
    },
    async (request, reply) => {
      const { params } = request;
      const { project, endpoint: target, run } = params;
      if (isOver(await runOf(params))) throw new HttpError(409, 'The run is over.', {}, { code: 'run-over' });
      const by = callerOf(request);
      await services.cancelRun(
        run,
        audit.entry({ by, action: 'run.cancelled', project, target, detail: { run } }),
      );
      return reply.code(202).send(runJson(await runOf(params)));
    },
  );
}
