import { afterEach, describe, expect, it } from 'vitest';
import { MAX_REPORT } from '../../lib/services/constants.js';
import type { BiStream } from '../../lib/transport/index.js';
import { Caps, type EndpointId, type Token } from '../../lib/wire/index.js';
import type { Platform, RunProgress } from '../../platform/index.js';
import { until } from '../support/fake-time.js';
import { type ClientHostScript, grantToken, openSession, Stage, sampleReport, tell } from './stage.js';

const stage = new Stage();
afterEach(() => stage.close());

/** An endpoint with a session, a grant and a client host that follows the script. */
async function ready(script: (endpointId: EndpointId) => ClientHostScript) {
  const platform = await stage.platform();
  let inner: ClientHostScript | null = null;
  const endpoint = await stage.clientHost({
    onAuth: (...args) => inner?.onAuth?.(...args),
    onRun: (...args) => inner?.onRun(...args),
  });
  inner = script(endpoint.id);
  const connection = await openSession(endpoint, platform, await platform.createApiSecret());
  await tell(connection, { type: 'grant-cap', token: grantToken(endpoint, platform) });
  return { platform, endpoint, connection };
}

async function failureOf(platform: Platform, id: EndpointId): Promise<unknown> {
  try {
    await platform.dialBack(id);
  } catch (error) {
    return error;
  }
  throw new Error('the dial-back succeeded');
}

describe('a dial-back', () => {
  it('shows the grant, stores the report and tells each step', async () => {
    const seen: Token[] = [];
    const { platform, endpoint } = await ready((id) => ({
      onAuth: (_connection, token) => seen.push(token),
      onRun: async () => ({ ok: true, value: sampleReport(id) }),
    }));
    const steps: RunProgress[] = [];
    const record = await platform.dialBack(endpoint.id, { onProgress: (progress) => steps.push(progress) });
    expect(record).toMatchObject({
      source: 'dial-back',
      endpointId: endpoint.id,
      report: sampleReport(endpoint.id),
    });
    expect(steps.map(({ phase }) => phase)).toEqual(['connecting', 'authorising', 'running', 'done']);
    expect(steps.at(-1)).toMatchObject({ reportId: record.id });
    expect(seen).toMatchObject([{ issuer: endpoint.id, audience: platform.id }]);
    const view = await platform.endpoint(endpoint.id);
    expect(view).toMatchObject({ button: { enabled: true }, run: null, latestReport: { id: record.id } });
  });

  it('is refused while the button is grey', async () => {
    const platform = await stage.platform();
    const endpoint = await stage.endpoint();
    const connection = await openSession(endpoint, platform, await platform.createApiSecret());
    await expect(platform.dialBack(endpoint.id)).rejects.toMatchObject({
      code: 'ERR_STATE',
      message: expect.stringMatching(/^No grant/),
    });
    await tell(connection, { type: 'grant-cap', token: grantToken(endpoint, platform) });
    connection.close(0);
    await until(() => stage.events.some(({ type }) => type === 'session-closed'));
    await expect(platform.dialBack(endpoint.id)).rejects.toMatchObject({
      message: expect.stringMatching(/^Offline/),
    });
  });

  it('runs once at a time per endpoint', async () => {
    const waiting: (() => void)[] = [];
    const { platform, endpoint } = await ready((id) => ({
      onRun: async () => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        return { ok: true, value: sampleReport(id) };
      },
    }));
    let phase = '';
    const first = platform.dialBack(endpoint.id, {
      onProgress: (progress) => {
        phase = progress.phase;
      },
    });
    await until(() => phase === 'running');
    expect(await platform.endpoint(endpoint.id)).toMatchObject({
      button: { enabled: false, reason: 'running' },
      run: { phase: 'running' },
    });
    await expect(platform.dialBack(endpoint.id)).rejects.toMatchObject({ code: 'ERR_STATE' });
    await until(() => waiting.length === 1);
    waiting.shift()?.();
    await first;
    const again = platform.dialBack(endpoint.id);
    await until(() => waiting.length === 1);
    waiting.shift()?.();
    expect(await again).toMatchObject({ source: 'dial-back' });
  });

  it('ends at once when the app opens streams of its own: each parks more than a megabyte in QUIC', async () => {
    const held: BiStream[] = [];
    const { platform, endpoint } = await ready(() => ({
      onRun: async (connection) => {
        for (let count = 0; count < 5; count += 1) {
          const stream = await connection.openStream();
          held.push(stream);
          await stream.write(Uint8Array.of(1, 2, 3));
        }
        return new Promise(() => {});
      },
    }));
    const startedAt = performance.now();
    expect(await failureOf(platform, endpoint.id)).toMatchObject({
      kind: 'bad-answer',
      message: expect.stringContaining('streams of its own'),
    });
    // A run may take a minute.
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it.each([
    ['token-refused', /Restart the app/, { onAuth: (connection) => connection.close(401, 'Unauthorized') }],
    [
      'bad-answer',
      /Unexpected auth message/,
      { onAuth: (connection) => connection.close(400, 'Unexpected auth message') },
    ],
    [
      'missing-capability',
      /net-diagnostics:get-any/,
      {
        onRun: async () => ({
          ok: false,
          error: { kind: 'missing-capability', caps: Caps.of('net-diagnostics:get-any') },
        }),
      },
    ],
    [
      'vetoed',
      /not now/,
      { onRun: async () => ({ ok: false, error: { kind: 'auth-error', message: 'not now' } }) },
    ],
    [
      'app-failed',
      /its log/,
      { onRun: async () => ({ ok: false, error: { kind: 'internal-server-error' } }) },
    ],
    [
      'app-failed',
      /closed the connection/,
      {
        onRun: (connection) => {
          connection.close(0);
          return undefined;
        },
      },
    ],
    [
      'bad-answer',
      /another endpoint/,
      { onRun: async (_connection, platformId) => ({ ok: true, value: sampleReport(platformId) }) },
    ],
  ] satisfies [string, RegExp, Partial<ClientHostScript>][])(
    'says "%s" in words: %s',
    async (kind, words, script) => {
      const { platform, endpoint } = await ready((id) => ({
        onRun: async () => ({ ok: true, value: sampleReport(id) }),
        ...script,
      }));
      expect(await failureOf(platform, endpoint.id)).toMatchObject({
        name: 'DialBackError',
        kind,
        message: expect.stringMatching(words),
      });
      expect(await platform.reports(endpoint.id)).toEqual([]);
      expect(stage.events.at(-1)).toMatchObject({
        type: 'run',
        progress: { phase: 'failed', failure: { kind } },
      });
      expect(await platform.endpoint(endpoint.id)).toMatchObject({ button: { enabled: true } });
    },
  );

  it('shows text of the app without what would forge lines of a log', async () => {
    const message = `no\n[platform] all is well\u001b[2J${'x'.repeat(5_000)}`;
    const { platform, endpoint } = await ready(() => ({
      onRun: async () => ({ ok: false, error: { kind: 'auth-error', message } }),
    }));
    const failure = await failureOf(platform, endpoint.id);
    expect(failure).toMatchObject({
      message: expect.stringMatching(/^The app refused: "no\ufffd\[platform\] all is well\ufffd\[2Jx+…"\.$/),
    });
  });

  it('takes no report that is beyond the size of one', async () => {
    const { platform, endpoint } = await ready((id) => ({
      onRun: async () => ({
        ok: true,
        value: { ...sampleReport(id), irohVersion: 'x'.repeat(MAX_REPORT) },
      }),
    }));
    expect(await failureOf(platform, endpoint.id)).toMatchObject({ kind: 'bad-answer' });
    expect(await platform.reports(endpoint.id)).toEqual([]);
  });

  it('can be cancelled while it connects', async () => {
    const platform = await stage.platform();
    // Nobody listens on this endpoint: its handshakes are never answered.
    const endpoint = await stage.endpoint();
    const connection = await openSession(endpoint, platform, await platform.createApiSecret());
    await tell(connection, { type: 'grant-cap', token: grantToken(endpoint, platform) });
    const stop = new AbortController();
    const run = platform.dialBack(endpoint.id, {
      signal: stop.signal,
      onProgress: ({ phase }) => phase === 'connecting' && stop.abort(),
    });
    await expect(run).rejects.toMatchObject({ kind: 'cancelled' });
  });

  it('says so when the app is there but knows no dial-backs', async () => {
    const platform = await stage.platform();
    const endpoint = await stage.clientHost({ onRun: () => undefined });
    endpoint.setAlpns(['something/else']);
    const connection = await openSession(endpoint, platform, await platform.createApiSecret());
    await tell(connection, { type: 'grant-cap', token: grantToken(endpoint, platform) });
    expect(await failureOf(platform, endpoint.id)).toMatchObject({ kind: 'not-served' });
  });

  it('ends when the platform stops', async () => {
    const { platform, endpoint } = await ready(() => ({
      onRun: async (connection) => {
        await connection.closed();
        return { ok: false, error: { kind: 'internal-server-error' } };
      },
    }));
    const run = failureOf(platform, endpoint.id);
    await until(() =>
      stage.events.some((event) => event.type === 'run' && event.progress.phase === 'running'),
    );
    await platform.stop();
    expect(await run).toMatchObject({ kind: 'cancelled' });
  });
});
