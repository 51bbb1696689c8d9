import {
  type EndpointId,
  type EndpointQuery,
  type EndpointView,
  formatSocketAddr,
  hasCode,
  MAX_PAGE,
  messageOf,
} from 'iroh-net-diagnostics/services';
import { type Static, Type } from 'typebox';
import {
  HISTORY_PAGE,
  MAX_CURSOR,
  MAX_QUERY_ATTRIBUTES,
  MAX_QUERY_IDS,
  MAX_QUERY_TEXT,
  MAX_ROW_ATTRIBUTES,
} from '../constants.js';
import { HttpError } from '../http-error.js';
import { idIn } from '../id-in.js';
import { invalidQuery } from './problem.js';
import {
  historyOf,
  LEVELS,
  NAT_TYPES,
  ReportPage,
  ReportRow,
  ReportSummarySchema,
  reportRowJson,
  reportSummaryJson,
} from './reports.js';
import { RunProgressSchema } from './runs.js';
import {
  InProject,
  KeyId,
  limit,
  nullable,
  OfEndpoint,
  Pair,
  page,
  SHOULD,
  text,
  time,
  words,
} from './schemas.js';
import type { Api, ApiContext } from './types.js';

/** What a list has when nobody asks for more or less. */
const PAGE = 50;
const NO_ENDPOINT = 'There is no such endpoint.';
const IDS = `at most ${MAX_QUERY_IDS} ids of endpoints, with commas between them`;

const Selection = Type.Object(
  {
    search: Type.Optional(
      text(MAX_QUERY_TEXT, {
        description: 'Words, each of which is in the name or begins the id, a group or an attribute.',
      }),
    ),
    name: Type.Optional(text(MAX_QUERY_TEXT, { description: 'The whole name.' })),
    ids: Type.Optional(
      Type.String({
        pattern: `^[0-9a-f]{64}(?:,[0-9a-f]{64}){0,${MAX_QUERY_IDS - 1}}$`,
        [SHOULD]: IDS,
        description: `These, with commas between them: ${IDS}.`,
      }),
    ),
    group: Type.Optional(text(MAX_QUERY_TEXT)),
    attribute: Type.Optional(
      Type.Array(
        text(MAX_QUERY_TEXT, {
          pattern: '^[^=\\u0000]*=[^\\u0000]*$',
          [SHOULD]: `key=value of at most ${MAX_QUERY_TEXT} characters`,
        }),
        {
          maxItems: MAX_QUERY_ATTRIBUTES,
          description: 'An attribute that they have, as `key=value`; each key once.',
        },
      ),
    ),
    level: Type.Optional(
      words([...LEVELS, 'none'], {
        description: 'The colour of the newest report; `none`: there is no report.',
      }),
    ),
    nat: Type.Optional(words(NAT_TYPES)),
    version: Type.Optional(
      text(MAX_QUERY_TEXT, { description: 'The version of iroh in the newest report.' }),
    ),
    online: Type.Optional(Type.Boolean({ description: 'Whether they have a session.' })),
    grant: Type.Optional(words(['granted', 'expired', 'none'])),
    sort: Type.Optional(
      words(['recent', 'name'], {
        default: 'recent',
        description: '`recent`: those online first, then the last seen.',
      }),
    ),
    after: Type.Optional(
      text(MAX_CURSOR, {
        minLength: 1,
        description: '`next` of the page before, with the same other parameters.',
      }),
    ),
    limit: limit(PAGE, MAX_PAGE),
  },
  { additionalProperties: false },
);

const Button = Type.Union(
  [
    Type.Object({
      enabled: Type.Literal(true),
      until: nullable(Type.Integer({ description: 'Unix seconds.' })),
    }),
    Type.Object({
      enabled: Type.Literal(false),
      reason: words(['no-grant', 'grant-expired', 'offline', 'running']),
      text: Type.String(),
    }),
  ],
  { title: 'Button', description: 'Whether Run Diagnostics can be pressed; if not, why not.' },
);

const EndpointRow = Type.Object(
  {
    id: KeyId,
    name: nullable(Type.String()),
    group: nullable(Type.String()),
    isOnline: Type.Boolean(),
    lastSeenAt: time(),
    sharedIdentityAt: nullable(
      time('When two live processes with its key were seen, unix milliseconds; `null`: not lately.'),
    ),
    attributes: Type.Array(Pair, { maxItems: MAX_ROW_ATTRIBUTES, description: 'The first few.' }),
    attributeCount: Type.Integer(),
    button: Type.Union([
      Type.Object({ enabled: Type.Literal(true), until: nullable(Type.Integer()) }),
      Type.Object({
        enabled: Type.Literal(false),
        reason: words(['no-grant', 'grant-expired', 'offline', 'running']),
      }),
    ]),
    isRunning: Type.Boolean(),
    latestReport: nullable(ReportRow),
  },
  { title: 'EndpointRow', description: 'An endpoint in a list.' },
);

const Endpoint = Type.Object(
  {
    id: KeyId,
    name: nullable(Type.String()),
    group: nullable(Type.String()),
    attributes: Type.Array(Pair),
    isOnline: Type.Boolean(),
    sharedIdentityAt: EndpointRow.properties.sharedIdentityAt,
    firstSeenAt: time(),
    lastSeenAt: time(),
    button: Button,
    grant: nullable(
      Type.Object({
        caps: Type.Array(Type.String()),
        expiresAt: nullable(Type.Integer({ description: 'Unix seconds; `null`: never.' })),
        grantedAt: time(),
      }),
    ),
    run: nullable(RunProgressSchema),
    addresses: Type.Array(Type.String(), { description: 'Where it was last seen, and its relays.' }),
    latestReport: nullable(ReportSummarySchema),
  },
  { title: 'Endpoint', description: 'An endpoint with its current state.' },
);

const EndpointPage = page(EndpointRow, 'EndpointPage', 'For `after`; `null`: this was the last page.');
const EndpointAnswer = Type.Object(
  { endpoint: Endpoint, reports: ReportPage },
  { title: 'EndpointWithReports', description: 'An endpoint with its newest reports.' },
);

/** An endpoint in a list. */
export type EndpointRowJson = Static<typeof EndpointRow>;
/** An endpoint with its current state. */
export type EndpointJson = Static<typeof Endpoint>;

function endpointJson(view: EndpointView): EndpointJson {
  const { id, name, group, isOnline, firstSeenAt, lastSeenAt, button, grant, run, address, latestReport } =
    view;
  return {
    id,
    name,
    group,
    attributes: Object.entries(view.attributes),
    isOnline,
    sharedIdentityAt: view.sharedIdentityAt,
    firstSeenAt,
    lastSeenAt,
    button,
    grant,
    run,
    addresses: [...(address?.directAddrs.map(formatSocketAddr) ?? []), ...(address?.relayUrls ?? [])],
    latestReport: latestReport === null ? null : reportSummaryJson(latestReport),
  };
}

/** What a list shows: little, since a page of it has up to 500. */
function endpointRowJson(view: EndpointView): EndpointRowJson {
  const { id, name, group, isOnline, lastSeenAt, sharedIdentityAt, button, run, latestReport } = view;
  const attributes = Object.entries(view.attributes);
  return {
    ...{ id, name, group, isOnline, lastSeenAt, sharedIdentityAt },
    attributes: attributes.slice(0, MAX_ROW_ATTRIBUTES),
    attributeCount: attributes.length,
    button: button.enabled ? button : { enabled: button.enabled, reason: button.reason },
    isRunning: run !== null,
    latestReport: latestReport === null ? null : reportRowJson(latestReport),
  };
}

/** Adds the endpoints of a project. */
export function addEndpoints(api: Api, { services }: ApiContext): void {
  api.get(
    '/projects/:project/endpoints',
    {
      config: { needs: 'fleet:read', etag: 'weak' },
      schema: {
        operationId: 'listEndpoints',
        summary: 'The endpoints of a project, or those that a query selects',
        tags: ['endpoints'],
        params: InProject,
        querystring: Selection,
        response: { 200: EndpointPage },
      },
    },
    async ({ params: { project }, query }) => {
      const found = await services.endpoints({ ...selectionOf(query), project }).catch((error: unknown) => {
        throw hasCode(error, 'ERR_SETTING') ? flawOf(messageOf(error)) : error;
      });
      return { items: found.endpoints.map(endpointRowJson), next: found.next };
    },
  );

  api.get(
    '/projects/:project/endpoints/:endpoint',
    {
      config: { needs: 'fleet:read', etag: 'weak' },
      schema: {
        operationId: 'getEndpoint',
        summary: `An endpoint, with its newest ${HISTORY_PAGE} reports`,
        tags: ['endpoints'],
        params: OfEndpoint,
        response: { 200: EndpointAnswer },
      },
    },
    async ({ params: { project, endpoint } }) => {
      const ref = { project, id: idIn(endpoint, 404, NO_ENDPOINT) };
      const view = await services.endpoint(ref);
      if (view === null) throw new HttpError(404, NO_ENDPOINT);
      return {
        endpoint: endpointJson(view),
        reports: await historyOf(services, ref, { limit: HISTORY_PAGE }),
      };
    },
  );
}

function selectionOf(query: Static<typeof Selection>): Omit<EndpointQuery, 'project'> {
  const { attribute, nat, online, ids, ...others } = query;
  return {
    ...others,
    ...(nat === undefined ? {} : { natType: nat }),
    ...(online === undefined ? {} : { isOnline: online }),
    ...(ids === undefined ? {} : { ids: ids.split(',').map(idOf) }),
    ...(attribute === undefined ? {} : { attributes: attributesOf(attribute) }),
  };
}

/** @throws HttpError 400 for what looks like a key and is none */
function idOf(id: string): EndpointId {
  try {
    return idIn(id, 400, '');
  } catch {
    throw invalidQuery('ids', `has to be ${IDS}.`);
  }
}

function attributesOf(texts: readonly string[]): Record<string, string> {
  const pairs = texts.map((text): [string, string] => {
    const at = text.indexOf('=');
    return [text.slice(0, at), text.slice(at + 1)];
  });
  if (new Set(pairs.map(([key]) => key)).size < pairs.length) {
    throw invalidQuery('attribute', 'can be given once for each key.');
  }
  return Object.fromEntries(pairs);
}

/** What the store refuses begins with the name of the parameter. */
function flawOf(message: string): HttpError {
  const [name = ''] = message.split(' ');
  return new HttpError(400, message, {}, { errors: [{ in: 'query', name, detail: message }] });
}
