/** What the platform stores. Times ending in `At` are unix milliseconds; `expiresAt` of a token is in unix seconds. */
import { randomBytes } from 'node:crypto';
import type {
  Attributes,
  DiagnosticsReport,
  EndpointAddress,
  EndpointId,
  MetricsSchema,
  MetricValue,
} from '../wire/index.js';
import type { ReportFacts } from './report-facts.js';
import type { Sighting } from './witness/index.js';

/** Names a project. Everything that is stored belongs to one, and nothing of one can be seen from another. */
export type ProjectId = string;

/** The project of those who have made none. */
export const DEFAULT_PROJECT: ProjectId = 'default';

/** An endpoint in a project. The same endpoint may have sessions in two, with two secrets: nothing is shared. */
export interface EndpointRef {
  project: ProjectId;
  id: EndpointId;
}

/** The public half of an API secret; the secret itself is shown once and never stored. */
export interface ApiSecretRecord {
  project: ProjectId;
  /** Its public key: the issuer of the client tokens made with it. */
  keyId: EndpointId;
  /** The platform's id that the secret names. */
  identity: EndpointId;
  /** A name for operators; may be empty. */
  label: string;
  /** Unix milliseconds. */
  createdAt: number;
  /** Unix milliseconds; `null` while it is valid. */
  revokedAt: number | null;
}

/** The last valid client token an endpoint showed. */
export interface Authorisation {
  /** Key id of the API secret that issued the token. */
  issuer: EndpointId;
  /** Unix seconds; `null`: the token never expires. */
  expiresAt: number | null;
}

/** One endpoint that has opened a session at least once. */
export interface EndpointRecord extends EndpointRef {
  /** The platform's id with which it opened its last session. */
  identity: EndpointId;
  /** The name that the endpoint gave itself. */
  name: string | null;
  /** The one group it put itself into. */
  group: string | null;
  /** Its attributes; empty if it has none. */
  attributes: Attributes;
  authorisation: Authorisation;
  /** Unix milliseconds. */
  firstSeenAt: number;
  /** Unix milliseconds: when its last session ended, or during a session when that began. */
  lastSeenAt: number;
  /** Whether it has a live session. */
  isOnline: boolean;
  /** Its last known address. The protocol does not carry it, so this is what the transport saw. */
  address: EndpointAddress | null;
  /** When it was last detected that two live processes have its key, unix milliseconds; `null`: never. */
  sharedIdentityAt: number | null;
  /** Of its grants the one that is shown, see `shownGrant`; `null`: it has given none. */
  grant: ShownGrant | null;
  /** Its newest report, without the content. */
  latestReport: ReportSummary | null;
}

/** A grant without its token. */
export type ShownGrant = Pick<GrantRecord, 'caps' | 'expiresAt' | 'grantedAt'>;

/** A token with which the platform may dial back. */
export interface GrantRecord {
  project: ProjectId;
  endpointId: EndpointId;
  /** The platform's id that may dial back with it. */
  identity: EndpointId;
  /** What it allows, as text. One grant is kept per set of capabilities. */
  caps: string[];
  /** The token in its wire form. */
  token: Uint8Array;
  /** `null`: never. */
  expiresAt: number | null;
  grantedAt: number;
}

/** How a report was received: sent by the endpoint by itself, or fetched by a dial-back. */
export type ReportSource = 'upload' | 'dial-back';

/** A report and its circumstances. */
export interface ReportRecord {
  project: ProjectId;
  /** Sorts by time. */
  id: string;
  endpointId: EndpointId;
  source: ReportSource;
  /** Unix milliseconds. */
  receivedAt: number;
  /** Milliseconds that the dial-back took, including the connecting; `null` for an upload. */
  durationMs: number | null;
  /** What the platform itself saw when it came; `null`: nothing that counts, or a report of an earlier version. */
  sighting: Sighting | null;
  report: DiagnosticsReport;
}

/** An id for a report that sorts by time: 12 hex digits of unix milliseconds, 8 random ones. */
export function newReportId(now: number): string {
  return now.toString(16).padStart(12, '0') + randomBytes(4).toString('hex');
}

/** Whether a text has the form of a report's id. */
export function isReportId(text: string): boolean {
  return /^[0-9a-f]{20}$/.test(text);
}

/** The part of a report that a list shows: its circumstances and the facts for its verdict. */
export interface ReportSummary extends Omit<ReportRecord, 'report'> {
  facts: ReportFacts;
}

/** The latest values of one metrics session: one run of the endpoint's process. */
export interface MetricsRecord {
  project: ProjectId;
  endpointId: EndpointId;
  /** Hex of the session's UUID. */
  sessionId: string;
  schema: MetricsSchema;
  /** In the schema's order; empty until values arrive that fit it. */
  values: MetricValue[];
  /** Unix milliseconds. */
  updatedAt: number;
}

/** The types of metrics in their order, one letter each: enough to check whether values fit a schema. */
export function metricTypes(items: readonly { type: MetricValue['type'] }[]): string {
  return items.map(({ type }) => type.charAt(0)).join('');
}
