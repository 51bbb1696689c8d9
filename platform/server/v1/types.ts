import type { IncomingMessage, ServerResponse } from 'node:http';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifySerializerCompiler,
  FastifyTypeProvider,
  RawServerDefault,
} from 'fastify';
import type { Clock, EndpointId, ProjectId } from 'iroh-net-diagnostics/services';
import type { Static, TSchema } from 'typebox';
import type { Fleet } from '../../fleet.js';
import type { Retention } from '../../retention/index.js';
import type { FileHold } from '../../store/file-hold.js';
import type { FleetSummary } from '../../store/fleet-summary.js';
import type { MetricHistories } from '../../store/metric-series.js';
import type { Usage } from '../../store/usage.js';
import type { Doors } from '../doors/index.js';
import type { LiveProjects } from '../live-projects.js';

/** What the API uses. */
export interface ApiContext {
  services: Fleet;
  doors: Doors;
  clock: Clock;
  live: LiveProjects;
  metrics: MetricHistories;
  /** Counts a project's endpoints. */
  fleetOf(project: ProjectId): Promise<FleetSummary>;
  /** How much a project keeps. */
  usageOf(project: ProjectId): Promise<Usage>;
  /** What is kept, and for how long. */
  retention: Retention;
  /** The identities that this process holds now. */
  held(): readonly EndpointId[];
  /** `null`: the store is no file. */
  hold: FileHold | null;
  /** Signs an answer for a caller that knows the platform's id; `null`: its challenge is malformed. See `proof.ts`. */
  prove(challenge: string, body: string): string | null;
  /** Makes texts of answers, by their schemas. Default: as JSON has it; tests refuse what a schema lacks. */
  serializer?: FastifySerializerCompiler<unknown> | undefined;
}

/** The types of what a route takes and answers are those of its schemas. */
interface TypeBoxTypes extends FastifyTypeProvider {
  validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
  serializer: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
}

/** Where the resources of the API are added: what a handler is given and gives is what its schemas say. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypes
>;
