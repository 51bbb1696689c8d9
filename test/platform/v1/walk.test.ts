import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkedAnswers } from '../../support/checked-answers.js';
import { bearer, originOf } from '../../support/dashboard-door.js';
import { SSH_PUBLIC_KEY } from '../../support/ssh-keys.js';
import { grantToken, openSession, Stage, sampleReport, tell } from '../stage.js';
import { DocumentedApi, type Walk } from './documented.js';

const FOLDER = join(import.meta.dirname, 'client');
const GENERATOR = join(FOLDER, 'node_modules', 'openapi-typescript', 'bin', 'cli.js');
const TSC = join(import.meta.dirname, '..', '..', '..', 'node_modules', 'typescript', 'bin', 'tsc');

/** By its URL: its types are made below, so the project's type check leaves it out. */
const { walk }: { walk: Walk } = await import(pathToFileURL(join(FOLDER, 'walk.ts')).href);

const stage = new Stage();
let api: DocumentedApi;
let endpointId: string;
let setUpCode: string;

beforeAll(async () => {
  const platform = await stage.platform({ dashboard: { port: 0 } });
  setUpCode = new URLSearchParams(new URL(platform.setUpUrl ?? '').hash.slice(1)).get('code') ?? '';
  api = await DocumentedApi.of(originOf(platform), bearer());
  const endpoint = await stage.clientHost({
    onRun: async () => ({ ok: true, value: sampleReport(endpoint.id) }),
  });
  endpointId = endpoint.id;
  const connection = await openSession(endpoint, platform, await platform.createApiSecret());
  await tell(connection, { type: 'set-attributes', attributes: { region: 'eu', tier: '' } });
  await tell(connection, { type: 'grant-cap', token: grantToken(endpoint, platform) });
  await tell(connection, {
    type: 'put-metrics',
    sessionId: new Uint8Array(16),
    update: {
      schema: {
        items: [{ type: 'counter', name: 'recv', prefixes: ['net'], labels: [['v', '4']] }],
        help: null,
      },
      values: [{ type: 'counter', value: 2n ** 63n }],
    },
  });
});
afterAll(() => stage.close());

describe("the API's document", () => {
  it('is OpenAPI 3.1, and every operation says who may call it', async () => {
    const { valid, errors } = await new Validator().validate({ ...structuredClone(api.document) });
    expect([valid, errors]).toEqual([true, undefined]);
    expect(api.document.openapi).toBe('3.1.0');
    const ids = api.operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const operation of api.operations)
      expect(operation['x-permission']).toMatch(/^[a-z]+(?:[:-][a-z]+)?$/);
    expect(JSON.stringify(api.document)).not.toContain('x-should');
  });

  it('holds for every operation, of which none is left out', async () => {
    const start = { origin: api.origin, fetch: api.fetch, endpoint: endpointId, metric: 'net_recv' };
    await walk({ ...start, sshKey: SSH_PUBLIC_KEY, setUpCode });
    const missed = api.operations.map(({ operationId }) => operationId).filter((id) => !api.called.has(id));
    expect(missed).toEqual([]);
  });

  it('is not held to with one eye shut: a member that it does not have is seen, in tests and by programs', async () => {
    const { origin, document } = api;
    const { Platform, ...others } = document.components.schemas;
    const { held, ...properties } = (Platform?.properties ?? {}) as Record<string, unknown>;
    expect(held).toBeDefined();
    const schemas = { ...others, Platform: { ...Platform, properties, required: ['id'] } };
    const poorer = new DocumentedApi(origin, { ...document, components: { schemas } }, bearer());
    await expect(poorer.fetch(new Request(`${origin}/api/v1/platform`))).rejects.toThrow(
      /getPlatform.*"held"/,
    );
    const schema = {
      type: 'object',
      properties: { a: { type: 'array', items: { type: 'object', properties: {} } } },
    };
    const write = checkedAnswers({ schema, method: 'GET', url: '/x' });
    expect(write({ a: [{}] })).toBe('{"a":[{}]}');
    expect(() => write({ a: [{ b: 1 }] })).toThrow('/x answers what it does not describe');
  });

  it.skipIf(!existsSync(GENERATOR))(
    'makes the types of a client, by which that walk is checked (npm ci in test/platform/v1/client)',
    { timeout: 120_000 },
    () => {
      const [document, types] = [join(FOLDER, 'api.json'), join(FOLDER, 'api.d.ts')];
      try {
        writeFileSync(document, JSON.stringify(api.document));
        execFileSync(process.execPath, [GENERATOR, document, '--output', types], { stdio: 'pipe' });
        const tsc = () =>
          execFileSync(process.execPath, [TSC, '-p', FOLDER], { encoding: 'utf8', stdio: 'pipe' });
        expect(tsc()).toBe('');
      } catch (error) {
        const { stdout, stderr } = error as { stdout?: string | Buffer; stderr?: string | Buffer };
        throw new Error(`${stdout}${stderr}`, { cause: error });
      } finally {
        for (const file of [document, types]) rmSync(file, { force: true });
      }
    },
  );
});
