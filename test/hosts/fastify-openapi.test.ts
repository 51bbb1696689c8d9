import swagger from '@fastify/swagger';
import { Validator } from '@seriousme/openapi-schema-validator';
import { fastify } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { netDiagnostics } from '../../integrations/fastify/index.js';
import { OPEN } from './behaviours/apps.js';

const apps: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

describe("the app's OpenAPI document", () => {
  it.each([
    ['3.0', { openapi: { openapi: '3.0.3' } }],
    ['3.1', { openapi: { openapi: '3.1.0' } }],
    ['2.0', { swagger: { info: { title: 'the app', version: '1' } } }],
  ])('bug: has our routes in it, and is invalid by that: %s', async (_, options) => {
    const app = fastify();
    apps.push(app);
    await app.register(swagger, options);
    await app.register(netDiagnostics, OPEN);
    app.get('/own', { schema: { response: { 200: { type: 'string' } } } }, () => 'own');
    await app.ready();

    const document = app.swagger();
    expect(Object.keys(document.paths ?? {})).toEqual(['/own']);
    expect(await new Validator().validate(JSON.parse(JSON.stringify(document)))).toMatchObject({
      valid: true,
    });
  });
});
