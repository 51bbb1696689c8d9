import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grantToken, openSession, Stage, sampleReport, tell } from '../platform/stage.js';
import { originOf, TOKEN } from '../support/dashboard-door.js';
import { until } from '../support/fake-time.js';
import { MarkdownPage } from '../support/markdown.js';

const blocks = MarkdownPage.read('docs/guides/api.md').fences;
const followed = new Set<string>();
const stage = new Stage();
let folder: string;
const variables: Record<string, string> = { ADMIN_TOKEN: TOKEN };

/** Whether there is a curl that keeps ETags (7.68). */
function hasCurl(): boolean {
  try {
    return execFileSync('curl', ['--help', 'all'], { encoding: 'utf8' }).includes('--etag-save');
  } catch {
    return false;
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-guide-'));
  const platform = await stage.platform({ dashboard: { port: 0 } });
  const endpoint = await stage.clientHost({
    onRun: async () => ({ ok: true, value: sampleReport(endpoint.id) }),
  });
  const connection = await openSession(endpoint, platform, await platform.createApiSecret());
  await tell(connection, { type: 'set-attributes', attributes: { region: 'eu' } });
  await tell(connection, { type: 'grant-cap', token: grantToken(endpoint, platform) });
  Object.assign(variables, { PLATFORM: originOf(platform), ENDPOINT: endpoint.id });
});
afterAll(async () => {
  await stage.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs the one block of the page with these words in it. @returns what it printed */
async function follow(words: string): Promise<string> {
  const [block, ...more] = blocks.filter(({ language, code }) => language === 'sh' && code.includes(words));
  if (block === undefined || more.length > 0) throw new Error(`not one block of the page has: ${words}`);
  followed.add(block.code);
  const env = { PATH: process.env.PATH, ...variables };
  return promisify(execFile)('sh', ['-e', '-c', block.code], { cwd: folder, env }).then(
    ({ stdout }) => stdout,
    (error: { stdout: string; code: number }) => {
      // curl's word for the end of --max-time.
      if (error.code === 28) return error.stdout;
      throw error;
    },
  );
}

describe.runIf(hasCurl())("the guide to the platform's API, followed (needs curl 7.68)", () => {
  it('leads from a token to a report, and to what a refusal says', async () => {
    const { text } = JSON.parse(await follow('"label": "ci"')) as { text: string };
    variables.TOKEN = text;
    expect(JSON.parse(await follow('/me"'))).toMatchObject({ kind: 'token', name: 'ci' });
    const { ENDPOINT: id } = variables;
    expect(JSON.parse(await follow('attribute=region=eu'))).toMatchObject({ items: [{ id }], next: null });

    const [head = '', body = ''] = (await follow('-X POST')).split('\r\n\r\n');
    const run = JSON.parse(body) as { id: string };
    expect(head).toContain(`location: /api/v1/projects/default/endpoints/${id}/runs/${run.id}`);
    variables.RUN = run.id;
    let last: { phase: string; reportId: string | null } = { phase: '', reportId: null };
    await until(async () => {
      last = JSON.parse(await follow('/runs/$RUN'));
      return last.phase === 'done';
    });
    variables.REPORT = last.reportId ?? '';
    expect(JSON.parse(await follow('/reports/$REPORT'))).toMatchObject({ id: last.reportId, endpointId: id });

    expect(await follow('/events?endpoint=$ENDPOINT')).toContain('retry: 1000');
    expect([await follow('--etag-compare'), await follow('--etag-compare')]).toEqual(['200\n', '304\n']);

    const shown = JSON.parse(blocks.find(({ language }) => language === 'text')?.code ?? '') as object;
    const requestId = expect.any(String);
    expect(JSON.parse(await follow('limit=0'))).toEqual({ ...shown, requestId });
    const shell = blocks.filter(({ language }) => language === 'sh').map(({ code }) => code);
    expect(shell.filter((code) => !followed.has(code))).toEqual([]);
  });
});
