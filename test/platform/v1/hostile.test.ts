import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, originOf } from '../../support/dashboard-door.js';
import { Stage } from '../stage.js';
import { type Documented, DocumentedApi, type Schema } from './documented.js';

/** Whoever asks nonsense waits no longer than this, on a busy machine too. */
const LONGEST_MS = 5_000;

const stage = new Stage();
let api: DocumentedApi;
beforeAll(async () => {
  api = await DocumentedApi.of(originOf(await stage.platform({ dashboard: { port: 0 } })), bearer());
});
afterAll(() => stage.close());

/** Texts that no parameter is meant for, as they stand in a URL. */
const TEXTS = [
  ...[
    '',
    ' ',
    '%00',
    'a%00b',
    '%',
    '%zz',
    '%ff%fe',
    '%ed%a0%80',
    '%E2%80%AE',
    '%F0%9F%A6%80',
    '%2e%2e%2f',
    '..%2f..%2fetc',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'null',
    'undefined',
    'true',
    'NaN',
    'Infinity',
    '-1',
    '0',
    '0.5',
    '1e3',
    '1e400',
  ],
  ...[
    '0x10',
    '%205',
    '+5',
    '9007199254740993',
    '99999999999999999999',
    '[object%20Object]',
    '{}',
    '[]',
    '%22',
    "'%20or%201=1--",
  ],
  ...[
    '%25',
    '%3Cscript%3E',
    '%0d%0aset-cookie:x',
    'x'.repeat(600),
    'x'.repeat(5_000),
    '%F0%9F%A6%80'.repeat(200),
    '0'.repeat(64),
  ],
];

/** What a body may be instead of what it should. */
const BODIES = [
  ...[
    '',
    ' ',
    'null',
    'true',
    '0',
    '""',
    '[]',
    '[{}]',
    '{',
    '{"a"',
    '\u0000',
    '{"a":NaN}',

    "{'a':1}",
  ],
  ...['{"__proto__":{"a":1}}', '{"constructor":{"prototype":{"a":1}}}', '{"toString":1,"hasOwnProperty":2}'],
  ...[
    '['.repeat(8_000),
    `${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`,
    `"${'x'.repeat(15_000)}"`,
    `"${'x'.repeat(40_000)}"`,
  ],
];

/** What a member of a body may be instead of what it should. */
const VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    0,
    -1,
    0.5,
    1e308,
    '',
    ' ',
    '\0',
    'a\0b',
    '\ud800',
    '\u202e',
    '🦀'.repeat(3_000),
    'x'.repeat(12_000),
  ],
  ...[
    [],
    [[]],
    [null],
    Array(4_000).fill(0),
    {},
    { a: 1 },
    { toString: 1 },
    '__proto__',
    '9'.repeat(400),
    '../..',
    '<b>',
  ],
];

/** A text that the path takes, of something that is not there. */
function pathOf({ path, parameters = [] }: Documented): string {
  const texts = new Map(
    parameters
      .filter(({ in: place }) => place === 'path')
      .map(({ name, schema }) => [name, absent(name, schema)]),
  );
  return path.replace(/\{(\w+)\}/g, (_, name: string) => texts.get(name) ?? name);
}

function absent(name: string, { pattern }: Schema): string {
  if (name === 'project') return 'default';
  const [, count] = /\{(\d+)\}\$$/.exec(String(pattern)) ?? [];
  return String(pattern).includes('a-f-')
    ? '00000000-0000-4000-8000-000000000000'
    : 'ab'.repeat(Number(count ?? 20) / 2);
}

/** Asks, and holds the answer to the document: it is one, or a refusal, and comes soon. */
async function ask(
  operation: Documented,
  url: string,
  body?: string,
  type = 'application/json',
): Promise<number> {
  const begun = performance.now();
  const headers = body === undefined ? {} : { 'content-type': type };
  const sent = body === undefined || operation.method === 'GET' ? null : body;
  const request = new Request(api.origin + url, { method: operation.method, headers, body: sent });
  const what = `${operation.method} ${url.slice(0, 200)} ${body?.slice(0, 100)}`;
  const response = await api.fetchAs(operation, request).catch((error: unknown) => {
    throw new Error(what, { cause: error });
  });
  await response.body?.cancel();
  expect(performance.now() - begun, what).toBeLessThan(LONGEST_MS);
  expect(response.status, what).toBeLessThan(500);
  return response.status;
}

describe('the API, asked nonsense', () => {
  it('refuses it in every place of every path, as something that is not there', {
    tags: ['slow'],
    timeout: 120_000,
  }, async () => {
    for (const operation of api.operations) {
      for (const { in: place, name, schema } of operation.parameters ?? []) {
        if (place !== 'path') continue;
        for (const text of TEXTS.filter((text) => text !== '')) {
          const url = pathOf({ ...operation, path: operation.path.replace(`{${name}}`, text) });
          const fits = new RegExp(String(schema.pattern), 'u').test(text);
          const status = await ask(operation, url);
          if (!fits) expect([url.slice(0, 200), status]).toEqual([url.slice(0, 200), 404]);
        }
      }
    }
  });

  it('refuses it in every parameter of every query, or finds nothing', {
    tags: ['slow'],
    timeout: 120_000,
  }, async () => {
    for (const operation of api.operations) {
      const names = (operation.parameters ?? [])
        .filter(({ in: place }) => place === 'query')
        .map(({ name }) => name);
      const path = pathOf(operation);
      for (const name of names) {
        for (const text of TEXTS) await ask(operation, `${path}?${name}=${text}`);
        for (const twice of [
          `${name}=1&${name}=2`,
          `${name}[]=1`,
          `${name}[a]=1`,
          `${name}=1;${name}=2`,
          `${name.toUpperCase()}=1`,
        ])
          await ask(operation, `${path}?${twice}`);
      }
      if (names.length === 0) continue;
      for (const other of [
        '__proto__=1',
        'constructor=1',
        'toString=',
        '%00=1',
        '=1',
        '&&&',
        'x'.repeat(3_000),
        'a=1&'.repeat(1_500),
      ])
        await ask(operation, `${path}?${other}`);
      for (const unknown of ['__proto__=1', 'constructor=1', 'toString=', 'x=1'])
        expect([operation.operationId, unknown, await ask(operation, `${path}?${unknown}`)]).toEqual([
          operation.operationId,
          unknown,
          400,
        ]);
    }
  });

  it('refuses every body that is none, and every member that is another', {
    tags: ['slow'],
    timeout: 120_000,
  }, async () => {
    for (const operation of api.operations) {
      const schema = operation.requestBody?.content['application/json'].schema;
      if (schema === undefined) continue;
      const path = pathOf(operation);
      for (const body of BODIES) {
        const status = await ask(operation, path, body);
        expect([operation.operationId, body.slice(0, 40), status]).toEqual([
          operation.operationId,
          body.slice(0, 40),
          expect.toSatisfy((one: number) => one >= 400 && one < 500),
        ]);
      }
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data',
        'application/xml',
        'application/json5',
      ])
        expect([operation.operationId, await ask(operation, path, '{}', type)]).toEqual([
          operation.operationId,
          415,
        ]);
      const properties = Object.keys((schema.properties ?? {}) as object);
      for (const name of [...properties, 'unknown']) {
        for (const value of VALUES) await ask(operation, path, JSON.stringify({ [name]: value }));
      }
    }
  });

  it('stays as good under whatever else there is', { tags: ['slow'], timeout: 120_000 }, async () => {
    const bodies = fc.oneof(fc.json({ maxDepth: 4 }), fc.string({ unit: 'binary', maxLength: 200 }));
    const queries = fc.string({ unit: 'binary', maxLength: 100 }).map((text) => encodeURIComponent(text));
    const operations = fc.constantFrom(
      ...api.operations.filter(({ operationId }) => operationId !== 'followEvents'),
    );
    await fc.assert(
      fc.asyncProperty(operations, queries, bodies, async (operation, query, body) => {
        const name = operation.parameters?.find(({ in: place }) => place === 'query')?.name ?? 'x';
        await ask(
          operation,
          `${pathOf(operation)}?${name}=${query}`,
          operation.method === 'GET' ? undefined : body,
        );
      }),
      { numRuns: 400 },
    );
  });
});
