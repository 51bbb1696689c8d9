import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_PROJECT } from '../../../lib/services/index.js';
import type { Platform } from '../../../platform/index.js';
import { bearer, originOf } from '../../support/dashboard-door.js';
import { prometheusAvailable, promtool } from '../../support/prometheus.js';
import { Stage } from '../stage.js';
import { busyPlatform } from './busy-platform.js';

const stage = new Stage();
afterEach(() => stage.close());

const hasPrometheus = prometheusAvailable();

async function scrape(platform: Platform): Promise<string> {
  const answer = await fetch(`${originOf(platform)}/metrics`, { headers: bearer() });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return answer.text();
}

/** The value of a line. */
function valueIn(text: string, line: string): number | null {
  const found = text.split('\n').find((one) => one.startsWith(`${line} `));
  return found === undefined ? null : Number(found.slice(line.length + 1));
}

describe('the metrics of a platform', () => {
  it('tell what its sessions, runs, statements and requests do', async () => {
    const platform = await busyPlatform(stage);
    const text = await scrape(platform);
    const P = 'iroh_platform_';
    expect(valueIn(text, `${P}sessions`)).toBe(1);
    expect(valueIn(text, `${P}sessions_limit`)).toBe(5000);
    expect(valueIn(text, `${P}sessions_opened_total`)).toBe(1);
    expect(valueIn(text, `${P}sessions_refused_total{code="401"}`)).toBe(1);
    expect(valueIn(text, `${P}runs_total{outcome="done"}`)).toBe(1);
    expect(valueIn(text, `${P}runs_total{outcome="unreachable"}`)).toBe(0);
    expect(valueIn(text, `${P}run_duration_seconds_count`)).toBe(1);
    expect(valueIn(text, `${P}reports_total{source="dial-back"}`)).toBe(1);
    expect(valueIn(text, `${P}identities`)).toBe(1);
    expect(valueIn(text, `${P}identities_held`)).toBe(1);
    expect(valueIn(text, `${P}identities_taken`)).toBe(1);
    expect(valueIn(text, `${P}leases_lost_total{reason="taken"}`)).toBe(0);
    expect(valueIn(text, `${P}database_up`)).toBe(1);
    expect(valueIn(text, `${P}store_writes_waiting`)).toBe(0);
    expect(valueIn(text, `${P}store_transactions_total{outcome="done"}`)).toBeGreaterThan(3);
    expect(valueIn(text, `${P}database_statement_duration_seconds_count{kind="write"}`)).toBeGreaterThan(3);
    expect(valueIn(text, `${P}http_requests_total{method="GET",route="/readyz",status="200"}`)).toBe(1);
    // What strangers think of is no label.
    expect(valueIn(text, `${P}http_requests_total{method="GET",route="none",status="404"}`)).toBe(2);
    expect(valueIn(text, `${P}http_requests_total{method="other",route="/livez",status="405"}`)).toBe(1);
    expect(valueIn(text, `${P}fleet_endpoints{project="${DEFAULT_PROJECT}",state="online"}`)).toBe(1);
    expect(
      valueIn(text, `${P}fleet_endpoints_by_button{project="${DEFAULT_PROJECT}",button="granted"}`),
    ).toBe(1);
    expect(text).toMatch(/^process_cpu_user_seconds_total /m);
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
    expect(text).not.toMatch(/^iroh_platform_tls_certificate/m);
  });

  it.runIf(hasPrometheus)('are as Prometheus wants them, under load', async () => {
    const platform = await busyPlatform(stage);
    const origin = originOf(platform);
    const load = Array.from({ length: 60 }, () => fetch(`${origin}/readyz`).then((answer) => answer.text()));
    const text = await scrape(platform);
    await Promise.all(load);
    expect(await promtool(['check', 'metrics'], text)).toEqual({ code: 0, output: '' });
  });

  it('are for who has the permission, unless they were opened', async () => {
    const closed = await stage.platform({ dashboard: {} });
    const answer = await fetch(`${originOf(closed)}/metrics`);
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    const open = await stage.platform({ dashboard: { publicMetrics: true } });
    const text = await (await fetch(`${originOf(open)}/metrics`)).text();
    expect(valueIn(text, 'iroh_platform_sessions')).toBe(0);
    expect(text).not.toContain('fleet');
  });

  it('are told under any host name, as programs ask by address', async () => {
    const platform = await stage.platform({ dashboard: {} });
    const { get } = await import('node:http');
    const statusOf = (path: string) =>
      new Promise((resolve, reject) => {
        const headers = { host: '10.1.2.3:8080', ...bearer() };
        get(`${originOf(platform)}${path}`, { headers }, ({ statusCode }) => resolve(statusCode)).on(
          'error',
          reject,
        );
      });
    expect(await Promise.all(['/metrics', '/livez', '/readyz', '/'].map(statusOf))).toEqual([
      200, 200, 200, 421,
    ]);
  });
});
