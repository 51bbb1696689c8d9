import { request as rawRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Platform } from '../../../platform/index.js';
import { type Caller, PERMISSIONS, PROJECT_PERMISSIONS } from '../../../platform/people/index.js';
import type { GuardedRoute } from '../../../platform/server/doors/index.js';
import { ASSETS } from '../../../platform/server/pages.js';
import { ADMIN, bearer, originOf, TOKEN } from '../../support/dashboard-door.js';
import { Stage } from '../stage.js';

/** Who asks, in the order of the columns below. */
const CALLERS = [
  ...(['nobody', 'viewer', 'operator', 'admin', 'admin of another project', 'administrator'] as const),
  ...(['token that reads the fleet', 'token of the project', 'token of another project'] as const),
  ...(['platform token that reads', 'platform token', 'token of the options'] as const),
  ...(['expired token', 'revoked token', 'disabled user', 'ended sign-in'] as const),
] as const;

type Column = (typeof CALLERS)[number];

/** `+` is let in · `-` 403 · `?` 404, as for what does not exist · `!` 401. Of the project `shop`, where a path names one. */
const TABLE: Readonly<Record<string, string>> = {
  //                                                          n v o a s A f p o r P l x r d e
  'GET /': /*                                            */ '! + + + + + + + + + + + ! ! ! !',
  'GET /assets/:name': /*                                */ '+ + + + + + + + + + + + + + + +',
  'GET /sign-in': /*                                     */ '+ + + + + + + + + + + + + + + +',
  'POST /sign-in': /*                                    */ '+ + + + + + + + + + + + + + + +',
  'POST /sign-out': /*                                   */ '+ + + + + + + + + + + + + + + +',
  'GET /setup': /*                                       */ '+ + + + + + + + + + + + + + + +',
  'POST /setup': /*                                      */ '+ + + + + + + + + + + + + + + +',
  'GET /link': /*                                        */ '+ + + + + + + + + + + + + + + +',
  'POST /link': /*                                       */ '+ + + + + + + + + + + + + + + +',
  'GET /livez': /*                                       */ '+ + + + + + + + + + + + + + + +',
  'GET /readyz': /*                                      */ '+ + + + + + + + + + + + + + + +',
  'GET /metrics': /*                                     */ '! - - - - + - - - + + + ! ! ! !',
  'GET /projects/:project/endpoints': /*                 */ '! + + + ? + + + ? - + + ! ! ! !',
  'GET /projects/:project/endpoints/:id': /*             */ '! + + + ? + + + ? - + + ! ! ! !',
  'GET /projects/:project/secrets': /*                   */ '! - + + ? + - + ? - + + ! ! ! !',
  'GET /projects/:project/members': /*                   */ '! + + + ? + - + ? - + + ! ! ! !',
  'GET /projects/:project/tokens': /*                    */ '! - - + ? + - + ? - + + ! ! ! !',
  'GET /projects/:project/audit': /*                     */ '! - - + ? + - + ? - + + ! ! ! !',
  'GET /projects/:project/usage': /*                     */ '! + + + ? + + + ? - + + ! ! ! !',
  'GET /projects/:project/settings': /*                  */ '! - - + ? + - + ? - + + ! ! ! !',
  'GET /account': /*                                     */ '! + + + + + + + + + + + ! ! ! !',
  'GET /platform/users': /*                              */ '! - - - - + - - - + + + ! ! ! !',
  'GET /platform/projects': /*                           */ '! - - - - + - - - + + + ! ! ! !',
  'GET /platform/tokens': /*                             */ '! - - - - + - - - + + + ! ! ! !',
  'GET /platform/audit': /*                              */ '! - - - - + - - - + + + ! ! ! !',
  'GET /api/v1/openapi.json': /*                         */ '+ + + + + + + + + + + + + + + +',
  'GET /api/v1/platform': /*                             */ '! + + + + + + + + + + + ! ! ! !',
  'GET /api/v1/session/ways': /*                         */ '+ + + + + + + + + + + + + + + +',
  'POST /api/v1/session': /*                             */ '+ + + + + + + + + + + + + + + +',
  'DELETE /api/v1/session': /*                           */ '+ + + + + + + + + + + + + + + +',
  'POST /api/v1/setup': /*                               */ '+ + + + + + + + + + + + + + + +',
  'GET /api/v1/me': /*                                   */ '! + + + + + + + + + + + ! ! ! !',
  'PUT /api/v1/me/password': /*                          */ '! + + + + + + + + + + + ! ! ! !',
  'GET /api/v1/me/sign-ins': /*                          */ '! + + + + + + + + + + + ! ! ! !',
  'DELETE /api/v1/me/sign-ins': /*                       */ '! + + + + + + + + + + + ! ! ! !',
  'DELETE /api/v1/me/sign-ins/:signIn': /*               */ '! + + + + + + + + + + + ! ! ! !',
  'GET /api/v1/users': /*                                */ '! - - - - + - - - + + + ! ! ! !',
  'POST /api/v1/users': /*                               */ '! - - - - + - - - - + + ! ! ! !',
  'PATCH /api/v1/users/:user': /*                        */ '! - - - - + - - - - + + ! ! ! !',
  'DELETE /api/v1/users/:user': /*                       */ '! - - - - + - - - - + + ! ! ! !',
  'POST /api/v1/users/:user/link': /*                    */ '! - - - - + - - - - + + ! ! ! !',
  'DELETE /api/v1/users/:user/sign-ins': /*              */ '! - - - - + - - - - + + ! ! ! !',
  'GET /api/v1/tokens': /*                               */ '! - - - - + - - - + + + ! ! ! !',
  'POST /api/v1/tokens': /*                              */ '! - - - - + - - - - + + ! ! ! !',
  'DELETE /api/v1/tokens/:token': /*                     */ '! - - - - + - - - - + + ! ! ! !',
  'GET /api/v1/audit': /*                                */ '! - - - - + - - - + + + ! ! ! !',
  'POST /api/v1/backup': /*                              */ '! - - - - + - - - - + + ! ! ! !',
  'DELETE /api/v1/backup/:held': /*                      */ '! - - - - + - - - - + + ! ! ! !',
  'GET /api/v1/projects': /*                             */ '! + + + + + + + + + + + ! ! ! !',
  'POST /api/v1/projects': /*                            */ '! - - - - + - - - - + + ! ! ! !',
  'GET /api/v1/projects/:project': /*                    */ '! + + + ? + + + ? + + + ! ! ! !',
  'PATCH /api/v1/projects/:project': /*                  */ '! - - + ? + - + ? - + + ! ! ! !',
  'DELETE /api/v1/projects/:project': /*                 */ '! - - - ? + - - ? - + + ! ! ! !',
  'GET /api/v1/projects/:project/fleet': /*              */ '! + + + ? + + + ? - + + ! ! ! !',
  'GET /api/v1/projects/:project/usage': /*              */ '! + + + ? + + + ? - + + ! ! ! !',
  'GET /api/v1/projects/:project/endpoints': /*          */ '! + + + ? + + + ? - + + ! ! ! !',
  'GET /api/v1/projects/:project/endpoints/:endpoint': /**/ '! + + + ? + + + ? - + + ! ! ! !',
  'GET /api/v1/projects/:project/endpoints/:endpoint/reports': '! + + + ? + + + ? - + + ! ! ! !',
  'GET /api/v1/projects/:project/endpoints/:endpoint/metrics': '! + + + ? + + + ? - + + ! ! ! !',
  'GET /api/v1/projects/:project/endpoints/:endpoint/metrics/names': '! + + + ? + + + ? - + + ! ! ! !',
  'GET /api/v1/projects/:project/endpoints/:endpoint/metrics/series': '! + + + ? + + + ? - + + ! ! ! !',
  'POST /api/v1/projects/:project/endpoints/:endpoint/runs': '! - + + ? + - + ? - + + ! ! ! !',
  'GET /api/v1/projects/:project/endpoints/:endpoint/runs/:run': '! + + + ? + + + ? - + + ! ! ! !',
  'DELETE /api/v1/projects/:project/endpoints/:endpoint/runs/:run': '! - + + ? + - + ? - + + ! ! ! !',
  'GET /api/v1/projects/:project/reports/:report': /*    */ '! + + + ? + + + ? - + + ! ! ! !',
  'GET /api/v1/projects/:project/events': /*             */ '! + + + ? + + + ? - + + ! ! ! !',
  'GET /api/v1/projects/:project/secrets': /*            */ '! - + + ? + - + ? - + + ! ! ! !',
  'POST /api/v1/projects/:project/secrets': /*           */ '! - - + ? + - + ? - + + ! ! ! !',
  'POST /api/v1/projects/:project/secrets/:secret/revoke': '! - - + ? + - + ? - + + ! ! ! !',
  'GET /api/v1/projects/:project/members': /*            */ '! + + + ? + - + ? - + + ! ! ! !',
  'POST /api/v1/projects/:project/members': /*           */ '! - - + ? + - + ? - + + ! ! ! !',
  'PUT /api/v1/projects/:project/members/:user': /*      */ '! - - + ? + - + ? - + + ! ! ! !',
  'DELETE /api/v1/projects/:project/members/:user': /*   */ '! - - + ? + - + ? - + + ! ! ! !',
  'GET /api/v1/projects/:project/tokens': /*             */ '! - - + ? + - + ? - + + ! ! ! !',
  'POST /api/v1/projects/:project/tokens': /*            */ '! - - + ? + - + ? - + + ! ! ! !',
  'DELETE /api/v1/projects/:project/tokens/:token': /*   */ '! - - + ? + - + ? - + + ! ! ! !',
  'GET /api/v1/projects/:project/audit': /*              */ '! - - + ? + - + ? - + + ! ! ! !',
};

/** What is in the place of a parameter: nothing that exists, but for the project. */
const VALUES: Readonly<Record<string, string>> = {
  ...{ project: 'shop', id: 'a'.repeat(64), endpoint: 'a'.repeat(64), secret: 'a'.repeat(64) },
  ...{ run: '00000000-0000-4000-8000-000000000000', report: 'a'.repeat(20), user: 'a'.repeat(24) },
  ...{
    held: 'a'.repeat(32),
    token: 'a'.repeat(16),
    signIn: 'a'.repeat(16),
    name: [...ASSETS.keys()][0] ?? '',
  },
};

const stage = new Stage();
const routes: GuardedRoute[] = [];
const headersOf = new Map<Column, Record<string, string>>();
let platform: Platform;

beforeAll(async () => {
  platform = await stage.platform({ dashboard: { port: 0 } }, (route) => routes.push(route));
  const people = stage.peopleOf(platform);
  const by = people.callers.local('test', null);
  await people.users.addFirst(by, { name: ADMIN.name });
  for (const id of ['shop', 'other']) await people.projects.add(by, { id });
  const member = async (name: string, project: string, role: string) => {
    const { id } = await people.users.add(by, { name });
    await people.members.put(by, project, id, role);
    return { id, headers: { cookie: await stage.signInAs(platform, id) } };
  };
  const token = async (project: string | null, permissions: readonly string[]) => {
    const made = await people.apiTokens.make(by, { project, label: 'x', permissions });
    return { id: made.token.id, headers: bearer(made.text) };
  };
  headersOf.set('nobody', {});
  for (const role of ['viewer', 'operator', 'admin'] as const)
    headersOf.set(role, (await member(role, 'shop', role)).headers);
  headersOf.set('admin of another project', (await member('stranger', 'other', 'admin')).headers);
  headersOf.set('administrator', { cookie: await stage.signIn(platform) });
  headersOf.set('token that reads the fleet', (await token('shop', ['fleet:read'])).headers);
  headersOf.set('token of the project', (await token('shop', PROJECT_PERMISSIONS)).headers);
  headersOf.set('token of another project', (await token('other', PROJECT_PERMISSIONS)).headers);
  headersOf.set('platform token that reads', (await token(null, ['platform:read'])).headers);
  headersOf.set('platform token', (await token(null, PERMISSIONS)).headers);
  headersOf.set('token of the options', bearer(TOKEN));
  const expired = await token(null, PERMISSIONS);
  await stage
    .tablesOf(platform)
    .updateTable('api_tokens')
    .set({ expires_at: Date.now() - 1 })
    .where('id', '=', expired.id)
    .execute();
  headersOf.set('expired token', expired.headers);
  const revoked = await token(null, PERMISSIONS);
  await people.apiTokens.revoke(by, null, revoked.id);
  headersOf.set('revoked token', revoked.headers);
  const disabled = await member('disabled', 'shop', 'admin');
  await people.users.change(by, disabled.id, { isDisabled: true });
  headersOf.set('disabled user', disabled.headers);
  const ended = await member('ended', 'shop', 'admin');
  await people.signIns.endOthers(by as Caller, ended.id, null);
  headersOf.set('ended sign-in', ended.headers);
});
afterAll(() => stage.close());

/** The routes of the app, without those that answer `HEAD` for `GET`. */
function known(): string[] {
  const names = routes.map(({ method, url }) => `${method} ${url.replaceAll(/\([^)]*\)/g, '')}`);
  return [...new Set(names.filter((name) => !name.startsWith('HEAD ')))];
}

/** What happened at the door. A handler says other words than it. */
async function tried(route: string, headers: Record<string, string>): Promise<'+' | '-' | '?' | '!'> {
  const [method = '', pattern = ''] = route.split(' ');
  const path = pattern.replaceAll(
    /:([A-Za-z]+)/g,
    (_, name: string) => VALUES[name] ?? `no value for ${name}`,
  );
  const { status, text } = await ask(method, path, headers);
  if (status === 401 && /Sign in first\.|name="to"/.test(text) && !text.includes('is wrong')) return '!';
  if (
    status === 403 &&
    /This needs the role|has not the permission|Only administrators of the platform may do this/.test(text)
  )
    return '-';
  if (status === 404 && text.includes('There is no such project.')) return '?';
  expect([route, status, text]).not.toEqual([route, 500, text]);
  return '+';
}

/** Ends the answer after its head where it has no end. */
function ask(
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; text: string }> {
  const { hostname, port, origin } = new URL(originOf(platform));
  return new Promise((resolve, reject) => {
    rawRequest({ hostname, port, path, method, headers: { origin, ...headers } }, (response) => {
      const status = response.statusCode ?? 0;
      if (String(response.headers['content-type']).startsWith('text/event-stream')) {
        response.destroy();
        resolve({ status, text: '' });
        return;
      }
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status, text }));
    })
      .on('error', reject)
      .end();
  });
}

/** These end what the table still needs; what comes of them is in sign-in.test.ts. */
const ENDING = ['POST /sign-out', 'DELETE /api/v1/session', 'DELETE /api/v1/me/sign-ins'];

describe('who may call what', () => {
  it('is written down for each route of the app, and for no other', () => {
    expect(known().toSorted()).toEqual(Object.keys(TABLE).toSorted());
  });

  it.each(Object.keys(TABLE).filter((route) => !ENDING.includes(route)))('%s', async (route) => {
    const wanted = (TABLE[route] ?? '').split(' ');
    expect(wanted).toHaveLength(CALLERS.length);
    const found: string[] = [];
    for (const [at, caller] of CALLERS.entries()) {
      // It would be gone for those who come after.
      if (route === 'DELETE /api/v1/projects/:project' && wanted[at] === '+') found.push('+');
      else found.push(await tried(route, headersOf.get(caller) ?? {}));
    }
    expect(table(found)).toEqual(table(wanted));
  });

  it.each(ENDING)('%s', (route) => {
    expect(TABLE[route]).toBe(
      route.includes('/me/') ? '! + + + + + + + + + + + ! ! ! !' : '+ + + + + + + + + + + + + + + +',
    );
  });
});

function table(marks: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(CALLERS.map((caller, at) => [caller, marks[at]]));
}
