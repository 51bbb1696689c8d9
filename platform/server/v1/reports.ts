import {
  type EndpointRef,
  type HistoryPage,
  type ReportRecord,
  type ReportSummary,
  reportFacts,
} from 'iroh-net-diagnostics/services';
import { type Static, Type } from 'typebox';
import type { Fleet } from '../../fleet.js';
import { HISTORY_PAGE, MAX_HISTORY } from '../constants.js';
import { HttpError } from '../http-error.js';
import { idIn } from '../id-in.js';
import { verdict, viewReport } from '../report-view.js';
import { InProject, KeyId, limit, nullable, OfEndpoint, page, ReportId, time, words } from './schemas.js';
import type { Api, ApiContext } from './types.js';

export const LEVELS = ['green', 'orange', 'red', 'grey'] as const;
export const NAT_TYPES = ['Endpoint-Independent', 'Endpoint-Dependent', 'Unknown'] as const;

const Level = words(LEVELS, {
  description:
    'Green: direct connections should work; orange: they may be relayed; red: they are, or there are none; grey: not known.',
});
const NatType = words(NAT_TYPES);

/** A report in a list. */
export const ReportSummarySchema = Type.Object(
  {
    id: ReportId,
    project: Type.String(),
    endpointId: KeyId,
    source: words(['upload', 'dial-back'], {
      description: 'Sent by the endpoint by itself, or fetched by a dial-back.',
    }),
    receivedAt: time(),
    durationMs: nullable(Type.Number({ description: 'What the dial-back took; `null` for an upload.' })),
    natType: NatType,
    natTypeBy: words(['report', 'platform'], {
      description:
        '`platform`: the platform compared the address at which it saw the app with what the report says; `report`: the report alone says it.',
    }),
    irohVersion: Type.String(),
    level: Level,
    headline: Type.String(),
    sentence: Type.String(),
  },
  { title: 'ReportSummary' },
);

/** The newest report of an endpoint in a list. */
export const ReportRow = Type.Object(
  {
    id: ReportId,
    receivedAt: time(),
    level: Level,
    headline: Type.String(),
    natType: NatType,
    version: Type.String(),
  },
  { title: 'ReportRow' },
);

const Fact = Type.Object(
  {
    label: Type.String(),
    value: Type.String(),
    tone: words(['good', 'bad', 'warn', 'unknown', 'plain', 'plain mono']),
    hint: Type.String(),
  },
  { title: 'ReportFact', description: 'One line of a report.' },
);

const Milliseconds = nullable(Type.Number({ description: 'Milliseconds; `null`: no sample.' }));

const View = Type.Object(
  {
    level: Level,
    headline: Type.String(),
    sentence: Type.String(),
    ipv4: Type.Array(Fact),
    ipv6: Type.Array(Fact),
    network: Type.Array(Fact),
    relays: Type.Array(
      Type.Object({
        url: Type.String(),
        host: Type.String(),
        isPreferred: Type.Boolean(),
        ipv4Ms: Milliseconds,
        ipv6Ms: Milliseconds,
        httpsMs: Milliseconds,
      }),
    ),
    directAddrs: Type.Array(Type.String()),
    versions: Type.Array(Fact),
  },
  { title: 'ReportView', description: 'A report in words.' },
);

const SocketAddr = Type.Object(
  {
    family: Type.Unsafe<4 | 6>({ type: 'integer', enum: [4, 6] }),
    ip: Type.String(),
    port: Type.Integer(),
  },
  { title: 'SocketAddress' },
);
const Measured = nullable(Type.Boolean({ description: '`null`: not measured.' }));
const Latencies = Type.Array(Type.Object({ relayUrl: Type.String(), latencyMs: Type.Number() }));

const Raw = Type.Object(
  {
    endpointId: KeyId,
    netReport: nullable(
      Type.Object({
        udpV4: Type.Boolean(),
        udpV6: Type.Boolean(),
        mappingVariesByDestIpv4: Measured,
        mappingVariesByDestIpv6: Measured,
        preferredRelay: nullable(Type.String()),
        relayLatency: Type.Object({ ipv4: Latencies, ipv6: Latencies, https: Latencies }),
        globalV4: nullable(SocketAddr),
        globalV6: nullable(SocketAddr),
        captivePortal: Measured,
      }),
    ),
    directAddrs: Type.Array(SocketAddr),
    portmapProbe: nullable(
      Type.Object({ upnp: Type.Boolean(), pcp: Type.Boolean(), natPmp: Type.Boolean() }),
    ),
    irohVersion: Type.String(),
    irohServicesVersion: Type.String(),
  },
  { title: 'RawReport', description: 'A report as it came.' },
);

const SightingSchema = Type.Object(
  {
    path: words(['direct', 'relay'], { description: 'How data went between the app and this platform.' }),
    address: nullable(
      Type.String({ description: '`ip:port` of the app as this platform saw it; `null`: through a relay.' }),
    ),
    relayPath: nullable(
      Type.Boolean({
        description:
          'Whether the session had a path through a relay; `false` only where that was to be expected; `null`: not known.',
      }),
    ),
    relaysAreElsewhere: Type.Boolean({
      description:
        'Whether the relays that told the app its address are known to stand at other addresses than this platform.',
    }),
    othersAreDirect: Type.Boolean({
      description: 'Whether this platform is known to be reached directly by others at that time.',
    }),
  },
  { title: 'Sighting', description: 'What this platform itself saw of the app when the report came.' },
);

const Report = Type.Object(
  {
    ...ReportSummarySchema.properties,
    sighting: nullable(SightingSchema),
    view: View,
    raw: Raw,
  },
  { title: 'Report', description: 'A report, in words and as it came.' },
);

export const ReportPage = page(
  ReportSummarySchema,
  'ReportPage',
  'The id of the last one, for `before`; `null`: this was the last page.',
);

/** A report in a list. */
export type ReportSummaryJson = Static<typeof ReportSummarySchema>;
/** A report, in words and as it came. */
export type ReportJson = Static<typeof Report>;

export function reportSummaryJson({ facts, sighting, ...circumstances }: ReportSummary): ReportSummaryJson {
  const { natType, natTypeBy, irohVersion } = facts;
  return { ...circumstances, natType, natTypeBy, irohVersion, ...verdict(facts, sighting) };
}

export function reportRowJson({ id, receivedAt, facts, sighting }: ReportSummary): Static<typeof ReportRow> {
  const { level, headline } = verdict(facts, sighting);
  return { id, receivedAt, level, headline, natType: facts.natType, version: facts.irohVersion };
}

function reportJson({ report, ...circumstances }: ReportRecord): ReportJson {
  const { sighting } = circumstances;
  const summary = reportSummaryJson({ ...circumstances, facts: reportFacts(report, sighting) });
  return { ...summary, sighting, view: viewReport(report, sighting), raw: report };
}

/** An endpoint's reports, the newest first. */
export async function historyOf(
  services: Fleet,
  ref: EndpointRef,
  { limit, before }: HistoryPage,
): Promise<Static<typeof ReportPage>> {
  const found = await services.reportSummaries(ref, { limit: limit + 1, before });
  const items = found.slice(0, limit).map(reportSummaryJson);
  return { items, next: found.length > limit ? (items.at(-1)?.id ?? null) : null };
}

/** Adds the reports of a project. */
export function addReports(api: Api, { services }: ApiContext): void {
  api.get(
    '/projects/:project/reports/:report',
    {
      config: { needs: 'fleet:read', etag: 'strong' },
      schema: {
        operationId: 'getReport',
        summary: 'A report, in words and as it came',
        tags: ['reports'],
        params: Type.Object({ ...InProject.properties, report: ReportId }),
        response: { 200: Report },
      },
    },
    async ({ params }) => {
      const record = await services.report(params.project, params.report);
      if (record === null) throw new HttpError(404, 'There is no such report.');
      return reportJson(record);
    },
  );

  api.get(
    '/projects/:project/endpoints/:endpoint/reports',
    {
      config: { needs: 'fleet:read', etag: 'weak' },
      schema: {
        operationId: 'listReports',
        summary: 'The reports of an endpoint, the newest first',
        tags: ['reports'],
        params: OfEndpoint,
        querystring: Type.Object(
          {
            limit: limit(HISTORY_PAGE, MAX_HISTORY),
            before: Type.Optional({ ...ReportId, description: 'Only those that are older than this one.' }),
          },
          { additionalProperties: false },
        ),
        response: { 200: ReportPage },
      },
    },
    ({ params: { project, endpoint }, query: { limit = HISTORY_PAGE, before } }) =>
      historyOf(
        services,
        { project, id: idIn(endpoint, 404, 'There is no such endpoint.') },
        { limit, before },
      ),
  );
}
