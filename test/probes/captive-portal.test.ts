import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { captivePortalProbe } from '../../lib/probes/captive-portal.js';
import { runForRelay } from './support/context.js';
import { Servers } from './support/servers.js';

const servers = new Servers();
afterEach(() => servers.close());

/** As iroh-relay's does it. */
function relay(request: IncomingMessage, response: ServerResponse): void {
  const challenge = request.headers['x-iroh-challenge'];
  response.writeHead(204, { 'X-Iroh-Response': `response ${challenge}` }).end();
}

async function answerOf(
  listener: (request: IncomingMessage, response: ServerResponse) => void,
  host = 'relay.test',
) {
  const portalPort = await servers.http(listener);
  return runForRelay(captivePortalProbe, `https://${host}/`, { portalPort });
}

describe('captive-portal probe', () => {
  it("asks the relay's host over plain HTTP with a challenge made from its name", async () => {
    const requests: unknown[] = [];
    const record = await answerOf((request, response) => {
      requests.push([request.method, request.url, request.headers['x-iroh-challenge']]);
      relay(request, response);
    }, 'relay.test.');
    expect(requests).toEqual([['GET', '/generate_204', 'ts_relay.test.']]);
    expect(record).toMatchObject({
      outcome: 'ok',
      observation: { portals: [{ relayUrl: 'https://relay.test./', answer: 'right', status: 204 }] },
    });
  });

  it('asks a development relay at its own port', async () => {
    const port = await servers.http(relay);
    const record = await runForRelay(captivePortalProbe, `http://127.0.0.1:${port}/`, { portalPort: 1 });
    expect(record.observation?.portals).toMatchObject([{ answer: 'right' }]);
  });

  it.each<[string, string, number, Record<string, string>]>([
    ['204 without the answer', 'wrong', 204, {}],
    ["204 with somebody else's answer", 'wrong', 204, { 'X-Iroh-Response': 'response ts_other.test' }],
    ['the answer with another status', 'wrong', 200, { 'X-Iroh-Response': 'response ts_relay.test' }],
    ['a login page', 'wrong', 200, { 'content-type': 'text/html' }],
    ['a redirect to the portal', 'wrong', 302, { location: 'http://portal.test/login' }],
    ["a redirect to the portal's HTTPS", 'wrong', 302, { location: 'https://portal.test/generate_204' }],
    ['a redirect without a target', 'wrong', 302, {}],
    ['a redirect nobody can read', 'wrong', 302, { location: 'https://:x' }],
    [
      "a redirect to the relay's own HTTPS",
      'own-https',
      301,
      { location: 'https://relay.test/generate_204' },
    ],
    ['not found', 'client-error', 404, {}],
    ['a server error', 'wrong', 502, {}],
  ])('%s is %s', async (_, answer, status, headers) => {
    const record = await answerOf((_request, response) => response.writeHead(status, headers).end('x'));
    expect(record.observation?.portals).toEqual([{ relayUrl: 'https://relay.test/', answer, status }]);
  });

  it.each(['https://[::1]/', `https://${'x'.repeat(50)}.${'y'.repeat(20)}.test/`])(
    'does not ask %s, whose challenge no relay would echo',
    async (url) => {
      const record = await runForRelay(captivePortalProbe, url, { portalPort: 1 });
      expect(record).toMatchObject({ outcome: 'skipped', error: { code: 'NO_CHALLENGE' } });
    },
  );
});
