import { afterEach, describe, expect, it } from 'vitest';
import { HttpRelay } from '../../support/http-relay.js';
import type { Host } from '../host.js';
import { Apps, OPEN, PATH } from './apps.js';
import { readRun } from './event-reader.js';

/** How much slower the one probe of the compression test is than the others, in milliseconds. */
const RELAY_DELAY_MS = 400;

/** What stands before and behind the routes. */
export function describeMiddleware(host: Host): void {
  const apps = new Apps();
  afterEach(() => apps.closeAll());

  it("loads under helmet's default headers, which the app's own pages keep", async () => {
    const app = await apps.boot(host, OPEN, { helmet: true });
    const page = await fetch(`${app.url}${PATH}/`);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("style-src 'self'");
    expect(policy).not.toContain('unsafe');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    const html = await page.text();
    // Inline scripts and styles, and handlers in attributes, are what such a policy forbids.
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=/);
    const own = await fetch(app.url);
    expect(own.headers.get('content-security-policy')).toContain('upgrade-insecure-requests');
  });

  it('lets events through one by one where answers are compressed', async () => {
    const relay = await HttpRelay.start(RELAY_DELAY_MS);
    const app = await apps.boot(
      host,
      { ...OPEN, relays: [{ url: relay.url, quicPort: null }], deadline: 2_000 },
      { compression: true },
    );
    const page = await fetch(`${app.url}${PATH}/`);
    expect(await page.text()).toContain('<html');
    const events = await readRun(`${app.url}${PATH}/report`, { 'accept-encoding': 'gzip' });
    const [first] = events;
    const last = events.at(-1);
    expect([first?.name, last?.name]).toEqual(['probe', 'report']);
    expect((last?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThan(RELAY_DELAY_MS / 2);
    await relay.stop();
  });

  describe.each(host.parserPlaces)('with body parsers %s it', (parsers) => {
    it.each([
      ['none', undefined, ''],
      ['JSON', 'application/json', '{"a":1}'],
      ['a form', 'application/x-www-form-urlencoded', 'a=1'],
      ['an unknown type', 'application/x-unknown', 'a'],
    ])('runs for a request with a body: %s', async (_, type, body) => {
      const app = await apps.boot(host, OPEN, { parsers });
      const answer = await fetch(`${app.url}${PATH}/report`, {
        method: 'POST',
        ...(type === undefined ? {} : { headers: { 'content-type': type }, body }),
      });
      const isRefused = host.refusesUnknownBodies && type === 'application/x-unknown';
      expect(answer.status).toBe(isRefused ? 415 : 200);
    });
  });

  it('leaves the bodies of other routes alone', async () => {
    const app = await apps.boot(host, OPEN);
    const headers = { 'content-type': 'application/json' };
    const echoed = await fetch(`${app.url}/echo`, { method: 'POST', headers, body: '{"a":1}' });
    expect(await echoed.json()).toEqual({ a: 1 });
  });
}
