/**
 * A walk through every operation of the API, by a client whose types are generated from the platform's own document: the
 * test beside it generates them, checks this file against them, and runs it.
 */
import createClient, { type Client as ClientOf } from 'openapi-fetch';
import { expect } from 'vitest';
import { until } from '../../../support/fake-time.js';
import type { WalkStart } from '../documented.js';
import type { paths } from './api.js';
import { walkPeople } from './people.js';

export type Client = ClientOf<paths>;

/** What an operation answered. @throws Error when it refused */
export async function good<T>(
  answer: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await answer;
  if (data === undefined) throw new Error(`${response.url}: ${response.status} ${JSON.stringify(error)}`);
  return data;
}

/** As {@link good}, for an operation that answers nothing. */
export async function done(answer: Promise<{ error?: unknown; response: Response }>): Promise<void> {
  const { error, response } = await answer;
  if (response.status !== 204)
    throw new Error(`${response.url}: ${response.status} ${JSON.stringify(error)}`);
}

export async function walk({ origin, fetch, endpoint, metric, sshKey, setUpCode }: WalkStart): Promise<void> {
  const api: Client = createClient<paths>({ baseUrl: origin, fetch });
  const { GET, POST, DELETE } = api;
  const project = 'default';
  const inProject = { params: { path: { project } } };
  const ofEndpoint = { params: { path: { project, endpoint } } };

  const about = await good(GET('/api/v1/platform'));
  expect(about.held).toContain(about.id);
  expect(await good(GET('/api/v1/openapi.json'))).toMatchObject({ openapi: '3.1.0' });

  const list = await good(
    GET('/api/v1/projects/{project}/endpoints', {
      params: {
        path: { project },
        query: { online: true, attribute: ['region=eu', 'tier='], limit: 1, sort: 'name' },
      },
    }),
  );
  expect(list.items.map(({ id }) => id)).toEqual([endpoint]);
  expect((await good(GET('/api/v1/projects/{project}/fleet', inProject))).online).toBe(1);
  expect((await good(GET('/api/v1/projects/{project}/usage', inProject))).endpoints).toBe(1);

  const { data: stream, response: live } = await GET('/api/v1/projects/{project}/events', {
    params: { path: { project }, query: { endpoint } },
    parseAs: 'stream',
  });
  expect(live.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');

  const asked = await POST('/api/v1/projects/{project}/endpoints/{endpoint}/runs', ofEndpoint);
  const { id: run } = await good(Promise.resolve(asked));
  const ofRun = { params: { path: { project, endpoint, run } } };
  expect(asked.response.headers.get('location')).toBe(
    `/api/v1/projects/${project}/endpoints/${endpoint}/runs/${run}`,
  );
  const runNow = () => good(GET('/api/v1/projects/{project}/endpoints/{endpoint}/runs/{run}', ofRun));
  await until(async () => (await runNow()).phase === 'done');
  const { reportId, requestedBy } = await runNow();
  expect(requestedBy.kind).toBe('local');
  const over = await DELETE('/api/v1/projects/{project}/endpoints/{endpoint}/runs/{run}', ofRun);
  expect(over.error?.code).toBe('run-over');

  const text = new TextDecoder().decode((await stream?.getReader().read())?.value);
  expect(text).toContain('retry: 1000');
  await live.body?.cancel().catch(() => {});

  const shown = await good(GET('/api/v1/projects/{project}/endpoints/{endpoint}', ofEndpoint));
  expect(shown.endpoint.latestReport?.id).toBe(reportId);
  const history = await good(
    GET('/api/v1/projects/{project}/endpoints/{endpoint}/reports', {
      params: { path: { project, endpoint }, query: { limit: 1 } },
    }),
  );
  expect(history.items[0]).toEqual(shown.reports.items[0]);
  const report = await good(
    GET('/api/v1/projects/{project}/reports/{report}', {
      params: { path: { project, report: reportId ?? '' } },
    }),
  );
  expect([report.id, report.raw.endpointId]).toEqual([reportId, endpoint]);

  const { items: sessions } = await good(
    GET('/api/v1/projects/{project}/endpoints/{endpoint}/metrics', ofEndpoint),
  );
  expect(sessions[0]?.rows.map(({ name }) => name)).toContain(metric);
  const { items: names } = await good(
    GET('/api/v1/projects/{project}/endpoints/{endpoint}/metrics/names', ofEndpoint),
  );
  expect(names.map(({ name }) => name)).toContain(metric);
  const { lines } = await good(
    GET('/api/v1/projects/{project}/endpoints/{endpoint}/metrics/series', {
      params: { path: { project, endpoint }, query: { name: metric, tier: 'raw', points: 10 } },
    }),
  );
  expect(lines[0]?.points).toHaveLength(1);

  const made = await good(
    POST('/api/v1/projects/{project}/secrets', { ...inProject, body: { label: 'by a client' } }),
  );
  expect(made.envLine).toBe(`IROH_SERVICES_API_SECRET=${made.secret}`);
  const key = await good(POST('/api/v1/projects/{project}/secrets', { ...inProject, body: { sshKey } }));
  expect(key.secret).toBeUndefined();
  await good(
    POST('/api/v1/projects/{project}/secrets/{secret}/revoke', {
      params: { path: { project, secret: made.keyId } },
    }),
  );
  const secrets = await good(GET('/api/v1/projects/{project}/secrets', inProject));
  expect(secrets.items.find(({ keyId }) => keyId === made.keyId)?.revokedAt).toBeTypeOf('number');

  const { held } = await good(POST('/api/v1/backup'));
  const done = await good(DELETE('/api/v1/backup/{held}', { params: { path: { held } } }));
  expect(done).toEqual({ wasHeld: true });

  await walkPeople(api, origin, setUpCode);
}
